"""What was found, worked out by hand: a row a finding, with the lines that show it and what is true there.

``functions`` and ``sorts`` say which candidates of the audit a row explains. ``true`` is words, or after a ``=`` an expression
of mpmath made from the definition of the function, never from a rule of the peer. A kind is what the finding is, whatever
sort the audit has told.
"""

from __future__ import annotations

from dataclasses import dataclass

from rule_audits.extremes import LOST, NON_FINITE, OUTSIDE
from rule_audits.judging import RAISES, SHAPE, WRONG, Candidate

RULE, DESIGN, BESIDE, NAN, ERROR, PRECISION, NONE, OURS = (
    "wrong rule",
    "not the derivative, by design",
    "outside the slopes at a kink",
    "NaN or infinity where the truth is finite",
    "an error is raised where there is a derivative",
    "loss of precision",
    "not differentiable there",
    "our own fault",
)
# The worst first: a function stands where its worst finding is.
KINDS = (RULE, BESIDE, NAN, ERROR, PRECISION, DESIGN, NONE, OURS)


@dataclass(frozen=True)
class Finding:
    """One finding and the review of it; see the module."""

    package: str
    functions: tuple[str, ...]
    sorts: tuple[str, ...]
    kind: str
    title: str
    why: str
    lines: str = ""
    true: str = ""


def finding_of(candidate: Candidate) -> Finding | None:
    """The row that explains a candidate; None where nobody has reviewed it."""
    for finding in FINDINGS:
        if (
            candidate.package == finding.package
            and candidate.sort in finding.sorts
            and candidate.name.rstrip("'") in finding.functions
        ):
            return finding
    return None


_AUTOGRAD = "import autograd.numpy as np\nfrom autograd import grad\n"
_SPECIAL = "import autograd.scipy.special as sp\nfrom autograd import grad\n"

_OF_AUTOGRAD = (
    Finding(
        "autograd",
        ("numpy.tile",),
        (WRONG,),
        RULE,
        "np.tile(x, reps) with fewer reps than x has axes: the gradient is summed along the wrong axis, silently",
        "NumPy applies a short `reps` to the last axes, as if ones stood before it. The rule splits the cotangent along the first "
        "ones. For x of shape (2, 3) and reps 2 the cotangent has shape (2, 6), is halved into its two rows, and their sum has six "
        "numbers again, so that the wrong ones pass for a gradient of the right shape.",
        "import autograd.numpy as np\nfrom autograd import grad\n"
        "print(grad(lambda x: np.sum(np.tile(x, 2)[0] * np.arange(6.0)))(np.ones((2, 3))).tolist())",
        "`[[3, 5, 7], [0, 0, 0]]`: entry (0, j) stands at places j and j + 3 of the first row, whose weights are 0 … 5; the second "
        "row takes no part",
    ),
    Finding(
        "autograd",
        ("numpy.diag",),
        (SHAPE,),
        RULE,
        "np.diag of a matrix that is not square: the gradient has another shape",
        "The rule gives diag(g, k), a square matrix made of the diagonal, and never looks at the shape of the argument. It is right "
        "for square matrices on the main diagonal alone.",
        _AUTOGRAD + "print(grad(lambda x: np.sum(np.diag(x)))(np.ones((2, 3))).tolist())",
        "`[[1, 0, 0], [0, 1, 0]]`",
    ),
    Finding(
        "autograd",
        ("numpy.cross",),
        (SHAPE,),
        RULE,
        "np.cross of arrays that are broadcast: the gradient is not summed over the broadcast axis",
        "Both rules return the cross product of the cotangent with the other argument without summing it to the shape of their own.",
        _AUTOGRAD + "print(grad(lambda v: np.sum(np.cross(np.ones((2, 3)), v)))(np.array([1.0, 2.0, 4.0])).shape)",
        "`(3,)`, the shape of v",
    ),
    Finding(
        "autograd",
        ("numpy.where",),
        (SHAPE,),
        RULE,
        "np.where with a branch that is broadcast: the gradient is not summed over the broadcast axis",
        "The rule selects among the cotangents and leaves the result in the shape of the answer.",
        _AUTOGRAD + "print(grad(lambda v: np.sum(np.where(np.eye(3)[:2] > 0, v, 0.0)))(np.ones(3)).tolist())",
        "`[1, 1, 0]`",
    ),
    Finding(
        "autograd",
        ("numpy.full",),
        (SHAPE,),
        RULE,
        "np.full with an array to fill with: one number for its gradient",
        "The rule sums the whole cotangent, which is right for a single number only; NumPy broadcasts arrays.",
        _AUTOGRAD + "print(grad(lambda v: np.sum(np.full((2, 3), v) * np.arange(3.0)))(np.ones(3)))",
        "`[0, 2, 4]`",
    ),
    Finding(
        "autograd",
        ("scipy.linalg.solve_triangular",),
        (WRONG,),
        RULE,
        "solve_triangular(unit_diagonal=True): the rule solves with the diagonal that it was told to ignore",
        "`unit_diagonal` is swallowed by `**kwargs`, and the systems of the backward pass are solved with the entries that stand on "
        "the diagonal; their own gradient is not zero either.",
        "import autograd.numpy as np, autograd.scipy.linalg as sl\nfrom autograd import grad\n"
        "print(grad(lambda a: np.sum(sl.solve_triangular(a, np.array([1.0, 2.0]), unit_diagonal=True)))(np.array([[2.0, 1.0], [0.0, 4.0]])).tolist())",
        "`[[0, -2], [0, 0]]`: the solution is (1 − 2 a₀₁, 2)",
    ),
    Finding(
        "autograd",
        ("scipy.stats.chi2.pdf", "scipy.stats.chi2.logpdf"),
        (WRONG,),
        RULE,
        "chi2.pdf and chi2.logpdf with degrees of freedom that are no whole number: the gradient is 0",
        "The rule has `np.where(df % 1 == 0, (df - x - 2) / (2 x), 0)`. The density is defined for every df > 0, SciPy computes it, "
        "and (df − 2 − x) / (2 x) is the slope of its logarithm throughout.",
        "import autograd.scipy.stats as st\nfrom autograd import grad\nprint(grad(lambda x: st.chi2.logpdf(x, 2.5))(1.0))",
        "= mp.diff(lambda x: (mp.mpf(2.5) / 2 - 1) * mp.log(x) - x / 2, 1)",
    ),
    Finding(
        "autograd",
        ("numpy.prod",),
        (NON_FINITE,),
        NAN,
        "np.prod at arrays with a zero: NaN",
        "The rule divides the product by each entry. With one zero the gradient there is the product of the others. Both ways, "
        "backward and forward, do so.",
        _AUTOGRAD + "print(grad(np.prod)(np.array([0.0, 2.0, 3.0])))",
        "`[6, 0, 0]`",
    ),
    Finding(
        "autograd",
        ("numpy.linalg.det",),
        (NON_FINITE, RAISES),
        NAN,
        "np.linalg.det of singular matrices: LinAlgError, or infinities",
        "The rule is det(x) x⁻ᵀ. The determinant is a polynomial, whose gradient is the matrix of cofactors for every x.",
        _AUTOGRAD + "print(grad(np.linalg.det)(np.array([[1.0, 2.0], [2.0, 4.0]])))",
        "`[[4, -2], [-2, 1]]`",
    ),
    Finding(
        "autograd",
        ("numpy.sinc",),
        (NON_FINITE,),
        NAN,
        "np.sinc at 0: NaN",
        "The rule is (cos(πx) πx − sin(πx)) / (πx²), 0/0 at 0, where sinc is smooth with slope 0.",
        _AUTOGRAD + "print(grad(np.sinc)(0.0))",
        "= mp.diff(mp.sincpi, mp.mpf(0))",
    ),
    Finding(
        "autograd",
        ("numpy.sinc",),
        (LOST,),
        PRECISION,
        "np.sinc near 0: the numerator cancels, and no digit is right from 1e-8 on",
        "cos(πx) πx − sin(πx) is a difference of numbers of size πx that equals −(πx)³/3; what is lost is 2 log₁₀ x digits.",
        _AUTOGRAD + "print(grad(np.sinc)(1e-5), grad(np.sinc)(1e-9))",
        "= [mp.diff(mp.sincpi, mp.mpf(x), h=mp.mpf(10) ** -25) for x in (1e-5, 1e-9)]",
    ),
    Finding(
        "autograd",
        ("numpy.expm1",),
        (LOST,),
        PRECISION,
        "np.expm1 at negative x: the slope is told as expm1(x) + 1, which is 0 from −37 on",
        "expm1(x) is next to −1 there; a digit is lost for every 2.3 in x. exp(x) has them all.",
        _AUTOGRAD + "print(grad(np.expm1)(-20.0), grad(np.expm1)(-37.5))",
        "= [mp.diff(mp.expm1, x) for x in (mp.mpf(-20), mp.mpf('-37.5'))]",
    ),
    Finding(
        "autograd",
        ("scipy.special.expit",),
        (LOST,),
        PRECISION,
        "expit at positive x: s (1 − s) is 0 from 37 on",
        "1 − s cancels; s(x) s(−x) would not.",
        _SPECIAL + "print(grad(sp.expit)(20.0), grad(sp.expit)(37.5))",
        "= [mp.diff(lambda x: 1 / (1 + mp.exp(-x)), x) for x in (mp.mpf(20), mp.mpf('37.5'))]",
    ),
    Finding(
        "autograd",
        ("scipy.special.rgamma",),
        (NON_FINITE,),
        NAN,
        "rgamma at 0 and negative whole numbers: NaN",
        "The rule is −ψ(x) / Γ(x) with a Γ that is infinite there. 1/Γ is entire; at −n its slope is (−1)ⁿ n!.",
        _SPECIAL + "print(grad(sp.rgamma)(-1.0))",
        "= mp.diff(mp.rgamma, mp.mpf(-1))",
    ),
    Finding(
        "autograd",
        ("scipy.special.ive",),
        (NON_FINITE, RAISES),
        NAN,
        "ive(n, x) at x = 0: ZeroDivisionError of a number, NaN in an array",
        "The rule is ive(n, x) (n / x − sign x) + ive(n + 1, x). For n = 2 and more the function is smooth at 0 with slope 0; for n = 1 "
        "the slope is 1/2.",
        _SPECIAL + "print(grad(sp.ive, 1)(2, 0.0))",
        "`0`: the function is x²/8 to leading order",
    ),
    Finding(
        "autograd",
        ("numpy.hypot",),
        (OUTSIDE,),
        NONE,
        "np.hypot at (0, 0): NaN",
        "A cone has no derivative at its tip, but its subgradients are finite; 0 is one of them. JAX and autograd divide by 0 there.",
        _AUTOGRAD + "print(grad(np.hypot)(0.0, 0.0))",
        "any number between −1 and 1 is permitted; NaN poisons whatever it is multiplied with",
    ),
    Finding(
        "autograd",
        ("numpy.partition",),
        (WRONG,),
        OURS,
        "np.partition of arrays with ties",
        "Among equal numbers any order is a permitted derivative, and the rule's is one. NumPy's partition cannot be traced, and in "
        "floats, along one direction, the slopes of both sides are compared with one order only.",
    ),
    Finding(
        "autograd",
        ("numpy.einsum",),
        (RAISES,),
        ERROR,
        'np.einsum("ii->i"): the rule asks einsum for an output that einsum does not have',
        "The rule swaps the subscripts of argument and result; a repeated index in the output is refused by NumPy.",
        _AUTOGRAD + 'print(grad(lambda x: np.sum(np.einsum("ii->i", x)))(np.eye(3)))',
        "the identity matrix",
    ),
    Finding(
        "autograd",
        ("numpy.gradient",),
        (RAISES,),
        ERROR,
        "np.gradient of 2 or 3 numbers: the rule makes 4",
        "Its five pieces (two at each end, the middle) are put together for lengths of 4 and more; NumPy takes 2 and more.",
        _AUTOGRAD + "print(grad(lambda x: np.sum(np.gradient(x)))(np.array([1.0, 2.0, 4.0])))",
        "`[-3/2, 0, 3/2]`",
    ),
    Finding(
        "autograd",
        ("numpy.hsplit",),
        (RAISES,),
        ERROR,
        "np.hsplit of a vector: the rule concatenates along axis 1",
        "NumPy splits one-dimensional arrays along axis 0.",
        _AUTOGRAD + "print(grad(lambda x: np.sum(np.hsplit(x, 2)[0]))(np.ones(4)))",
        "`[1, 1, 0, 0]`",
    ),
    Finding(
        "autograd",
        ("numpy.outer",),
        (RAISES, SHAPE, WRONG),
        ERROR,
        "np.outer of arrays that are no vectors: an error, or a gradient of another shape",
        "NumPy flattens both arguments; the rule multiplies with them as they are and gives the gradient of the flattened one.",
        _AUTOGRAD + "print(grad(lambda x: np.sum(np.outer(x, np.ones(3))))(np.ones((2, 3))).shape)",
        "`(2, 3)`, the shape of x",
    ),
    Finding(
        "autograd",
        ("numpy.repeat",),
        (RAISES,),
        ERROR,
        "np.repeat with a count for each entry: TypeError",
        "The rule reshapes by one count for all.",
        _AUTOGRAD + "print(grad(lambda x: np.sum(np.repeat(x, np.array([1, 2])) ** 2))(np.ones(2)))",
        "`[2, 4]`",
    ),
    Finding(
        "autograd",
        ("numpy.roll",),
        (RAISES,),
        ERROR,
        "np.roll along several axes: TypeError",
        "The rule negates the shift, which may be a tuple.",
        _AUTOGRAD + "print(grad(lambda x: np.sum(np.roll(x, (1, 1), axis=(0, 1))))(np.ones((2, 2))))",
        "ones",
    ),
    Finding(
        "autograd",
        ("numpy.sort",),
        (RAISES,),
        ERROR,
        "np.sort of a matrix, forward: IndexError (backward it is refused in words)",
        "The forward rule indexes the tangent by argsort of the whole array, as if it had one axis. For shapes where no index is out "
        "of bounds it returns rows in place of entries.",
        "import autograd.numpy as np\nfrom autograd import make_jvp\n"
        "print(make_jvp(np.sort)(np.array([[3.0, 1.0, 2.0], [1.0, 2.0, 3.0]]))(np.ones((2, 3))))",
        "ones",
    ),
    Finding(
        "autograd",
        ("numpy.var",),
        (RAISES,),
        ERROR,
        "np.var over several axes, forward: NameError: name 'np' is not defined",
        "A slip in the forward rule that only a tuple of axes reaches: the module calls NumPy `anp`.",
        "import autograd.numpy as np\nfrom autograd import make_jvp\n"
        "print(make_jvp(lambda x: np.var(x, axis=(0, 1)))(np.ones((2, 3)))(np.ones((2, 3))))",
        "`0`",
    ),
)

FINDINGS: tuple[Finding, ...] = _OF_AUTOGRAD
