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
    Finding(
        "autograd",
        ("scipy.special.beta", "scipy.special.betaln"),
        (NON_FINITE,),
        NAN,
        "beta and betaln where an argument or their sum is 0 or a negative whole number: NaN",
        "The rule is a difference of digamma functions, two poles that cancel: B(a, 1) = 1/a has the slope −1/a² at −1, too.",
        _SPECIAL + "print(grad(sp.beta)(-1.0, 1.0))",
        "= mp.diff(lambda a: 1 / a, mp.mpf(-1))",
    ),
    Finding(
        "autograd",
        ("scipy.special.beta", "scipy.special.betaln"),
        (LOST,),
        PRECISION,
        "beta and betaln with one small argument: ψ(a) − ψ(a + b) cancels",
        "As b goes to 0 the difference is −b ψ′(a); as many digits are lost as b is smaller than a.",
        _SPECIAL + "print(grad(sp.beta)(1.0, 1e-9), grad(sp.betaln)(1.0, 1e-30))",
        "= [mp.diff(lambda a: mp.beta(a, mp.mpf(1e-9)), 1), -mp.mpf(1e-30) * mp.zeta(2)]",
    ),
    Finding(
        "autograd",
        ("scipy.special.beta", "scipy.special.betaln"),
        (WRONG,),
        OURS,
        "beta and betaln, certified to be off by 2e-8: they are not",
        "The truth was the derivative of JAX's betaln, which gradcheck took for SciPy's; it is mended there, see JAX's betaln below.",
    ),
    Finding(
        "autograd",
        ("scipy.special.rgamma",),
        (LOST,),
        PRECISION,
        "rgamma beside 0 and negative whole numbers: a quotient of two numbers near a pole",
        "ψ(x) and Γ(x) are each known to the distance from the pole only, in units of the last place of x; 1/Γ is smooth.",
        _SPECIAL + "print(grad(sp.rgamma)(-1.0 + 1e-15))",
        "= mp.diff(mp.rgamma, mp.mpf(-1.0 + 1e-15))",
    ),
    Finding(
        "autograd",
        ("scipy.special.gammainc", "scipy.special.gammaincc"),
        (NON_FINITE, LOST),
        NAN,
        "gammainc and gammaincc for large a or x: NaN, or digits lost, where the density is an ordinary number",
        "The rule is exp(−x) x**(a − 1) / Γ(a), of which each factor over- or underflows by itself: Γ is infinite from 171 on, and "
        "exp(−745) is a denormal number of one bit. The exponential of the sum of logarithms would not.",
        _SPECIAL + "print(grad(sp.gammainc, 1)(745.0, 745.0), grad(sp.gammainc, 1)(100.0, 745.0))",
        "= [mp.exp(-x + (a - 1) * mp.log(x) - mp.loggamma(a)) for a, x in ((745, 745), (100, 745))]",
    ),
    Finding(
        "autograd",
        ("scipy.stats.beta.pdf", "scipy.stats.gamma.pdf"),
        (OUTSIDE,),
        NONE,
        "beta.pdf and gamma.pdf at the border of where they are positive: NaN",
        "The density has a corner or a jump there.",
        "import autograd.scipy.stats as st\nfrom autograd import grad\nprint(grad(st.gamma.pdf)(0.0, 2.0))",
        "x e⁻ˣ has the slope 1 on the right of 0, and 0 on the left",
    ),
)

_JAX = "import jax, jax.numpy as jnp\njax.config.update('jax_enable_x64', True)\n"
_TORCH = "import torch\nx = torch.tensor({}, dtype=torch.float64, requires_grad=True)\n"
_ONE_BY_ONE = "print(*(torch.autograd.grad({}(x).sum(), x)[0].tolist()))"


def _of_jax(names: str, sorts: tuple[str, ...], kind: str, title: str, why: str, line: str, true: str) -> Finding:
    return Finding("jax", tuple(names.split()), sorts, kind, title, why, _JAX + line, true)


def _of_torch(
    names: str, sorts: tuple[str, ...], kind: str, title: str, why: str, at: str, function: str, true: str
) -> Finding:
    return Finding(
        "torch", tuple(names.split()), sorts, kind, title, why, _TORCH.format(at) + _ONE_BY_ONE.format(function), true
    )


_OF_JAX = (
    _of_jax(
        "jax.scipy.special.digamma",
        (LOST, WRONG),
        RULE,
        "digamma at negative arguments: the slope is wrong, by twelve orders of magnitude at −10.5",
        "The rule is polygamma(1, x), that is the Hurwitz zeta function ζ(2, x), and jax.scipy.special.polygamma is itself wrong there: it sums "
        "some ten terms and expands what follows, which is right beyond the last pole only. At −1.5 all digits are right, at −5.5 ten. Known: jax-ml/jax#37635.",
        "print(*[jax.grad(jax.scipy.special.digamma)(x) for x in (-10.5, -25.5)])",
        "= [mp.polygamma(1, mp.mpf(x)) for x in (-10.5, -25.5)]",
    ),
    _of_jax(
        "jax.scipy.special.polygamma",
        (LOST, WRONG, NON_FINITE),
        RULE,
        "polygamma at negative arguments: function and slope are wrong",
        "As for digamma: it is computed by a zeta function that is meant for positive arguments. Known: jax-ml/jax#37635.",
        "print(jax.scipy.special.polygamma(1, -10.5), jax.grad(jax.scipy.special.polygamma, 1)(1, -10.5))",
        "= [mp.polygamma(1, mp.mpf('-10.5')), mp.diff(lambda x: mp.polygamma(1, x), mp.mpf('-10.5'))]",
    ),
    _of_jax(
        "jax.scipy.special.spence",
        (NON_FINITE, WRONG, LOST),
        NAN,
        "spence at every x > 1: NaN; at 1: 0",
        "The function is written with `where`, and branches that are not taken have infinite slopes, which 0 makes NaN. "
        "Its derivative is log(x) / (1 − x), and −1 at 1.",
        "print(*[float(jax.grad(jax.scipy.special.spence)(x)) for x in (1.0, 1.5, 2.0)])",
        "= [mp.mpf(-1), mp.log(1.5) / mp.mpf(-0.5), -mp.log(2)]",
    ),
    _of_jax(
        "jax.numpy.linalg.det",
        (WRONG, NON_FINITE),
        RULE,
        "det of a singular matrix of 4 rows or more: the gradient is 0 unless the zero pivot happens to be the last",
        "The rule repairs one zero in the lower right corner of U in the LU decomposition. Rows are exchanged in it and columns are not, "
        "so that the zero may be anywhere. The gradient is the matrix of cofactors.",
        "print(jnp.diagonal(jax.grad(jnp.linalg.det)(jnp.diag(jnp.array([1.0, 2.0, 0.0, 3.0])))))",
        "`[0, 0, 6, 0]`: det diag(1, 2, t, 3) = 6 t",
    ),
    _of_jax(
        "jax.scipy.special.boxcox jax.scipy.special.boxcox1p",
        (WRONG, LOST, NON_FINITE),
        RULE,
        "boxcox and boxcox1p with λ = 0: the slope in λ is 0; beside 0 no digit of it is right",
        "λ = 0 is caught by `where`, whose other branch, log x, does not depend on λ. For small λ the slope is a difference of numbers "
        "of size 1/λ.",
        "print(jax.grad(jax.scipy.special.boxcox, 1)(0.5, 0.0), jax.grad(jax.scipy.special.boxcox, 1)(0.5, -1e-30))",
        "= mp.log(0.5) ** 2 / 2",
    ),
    _of_jax(
        "jax.scipy.special.beta jax.scipy.special.betaln",
        (NON_FINITE,),
        NAN,
        "beta and betaln at negative arguments: NaN, though the function has values there",
        "From a branch of `where` that is not taken: its slope is infinite, and 0 times that is NaN.",
        "print(jax.scipy.special.betaln(-1.81, 1.16), jax.grad(jax.scipy.special.betaln)(-1.81, 1.16))",
        "= [mp.log(abs(mp.beta(-1.81, 1.16))), mp.digamma(mp.mpf(-1.81)) - mp.digamma(mp.mpf(-1.81) + mp.mpf(1.16))]",
    ),
    _of_jax(
        "jax.scipy.special.beta jax.scipy.special.betaln",
        (LOST, WRONG),
        PRECISION,
        "beta and betaln: five digits at (1.5, 9), none where one argument is tiny",
        "For b ≥ 8 the function is an expansion that has six digits at 1.5 and 8 (its *values* are off by 1e-6 there), and the slope is that "
        "of the expansion. For b near 0 the slopes of two log-gamma functions cancel.",
        "print(jax.scipy.special.betaln(1.5, 9.0), jax.grad(jax.scipy.special.betaln, 1)(1.5, 9.0))",
        "= [mp.log(mp.beta(1.5, 9)), mp.digamma(9) - mp.digamma(mp.mpf('10.5'))]",
    ),
    _of_jax(
        "jax.scipy.special.expn",
        (NON_FINITE,),
        NAN,
        "expn of order 0 at 0 < x ≤ 1: NaN",
        "The rule is −Eₙ₋₁(x), and the function answers NaN for negative orders. E₀(x) = e⁻ˣ/x.",
        "print(jax.grad(jax.scipy.special.expn, 1)(0, 0.5))",
        "= mp.diff(lambda x: mp.exp(-x) / x, mp.mpf('0.5'))",
    ),
    _of_jax(
        "jax.scipy.special.factorial",
        (NON_FINITE,),
        NAN,
        "factorial at negative whole numbers: NaN",
        "It is defined to be 0 for all negative numbers, by `where`; the branch that is not taken has a pole there, and 0 times that is NaN.",
        "print(jax.scipy.special.factorial(-2.0), jax.grad(jax.scipy.special.factorial)(-2.0))",
        "`0` and `0`",
    ),
    _of_jax(
        "jax.scipy.special.xlogy jax.scipy.special.xlog1py",
        (NON_FINITE,),
        NAN,
        "xlogy(0, 0) and xlog1py(0, −1) in their second argument: NaN",
        "The rule is x / y. With x = 0 the functions are defined to be 0 for every y, so that the slope is 0.",
        "print(jax.grad(jax.scipy.special.xlogy, 1)(0.0, 0.0), jax.grad(jax.scipy.special.xlog1py, 1)(0.0, -1.0))",
        "`0`",
    ),
    _of_jax(
        "jax.numpy.power jax.numpy.pow jax.numpy.float_power",
        (NON_FINITE,),
        NAN,
        "power(0, 0) in its first argument: NaN",
        "The rule is y x**(y − 1), 0 times infinity. x⁰ is 1 for every x, so that the slope is 0.",
        "print(jax.grad(jnp.power)(0.0, 0.0))",
        "`0`",
    ),
    _of_jax(
        "jax.scipy.special.log_ndtr",
        (LOST, WRONG, NON_FINITE),
        PRECISION,
        "log_ndtr below −20: eight digits, and none far out",
        "The rule is exp(−x²/2 − log Φ(x)) / √(2π). Below −20 log Φ is a series of three terms, right to 4e-9 there; far out, two numbers of "
        "size x²/2 cancel in the exponent, each known to an ulp.",
        "print(*[jax.grad(jax.scipy.special.log_ndtr)(x) for x in (-20.01, -1e5, -1e8)])",
        "= [mp.npdf(mp.mpf(x)) / (mp.erfc(-mp.mpf(x) / mp.sqrt(2)) / 2) for x in (-20.01, -1e5, -1e8)]",
    ),
    _of_jax(
        "jax.nn.sigmoid jax.scipy.special.expit",
        (LOST,),
        PRECISION,
        "sigmoid at positive x: s (1 − s) is 0 from 37 on",
        "1 − s cancels; s(x) s(−x) would not.",
        "print(*[jax.grad(jax.nn.sigmoid)(x) for x in (20.0, 37.5)])",
        "= [mp.diff(lambda x: 1 / (1 + mp.exp(-x)), x) for x in (mp.mpf(20), mp.mpf('37.5'))]",
    ),
    _of_jax(
        "jax.nn.tanh jax.numpy.tanh",
        (LOST,),
        PRECISION,
        "tanh far out: 1 − tanh² is 0 from 19 on",
        "It is a difference of numbers that agree in all digits; 1 / cosh² is not.",
        "print(*[jax.grad(jnp.tanh)(x) for x in (10.0, 20.0)])",
        "= [mp.sech(x) ** 2 for x in (10, 20)]",
    ),
    _of_jax(
        "jax.numpy.expm1 jax.nn.elu jax.nn.celu jax.nn.selu",
        (LOST,),
        PRECISION,
        "expm1 at negative x, and elu, celu and selu, which use it: expm1(x) + 1 is 0 from −37 on",
        "A digit is lost for every 2.3 in x.",
        "print(*[jax.grad(f)(x) for f in (jnp.expm1, jax.nn.elu) for x in (-20.0, -37.5)])",
        "= [mp.diff(mp.expm1, x) for x in (mp.mpf(-20), mp.mpf('-37.5'))]",
    ),
    _of_jax(
        "jax.nn.gelu",
        (LOST,),
        PRECISION,
        "gelu below −5: 1 + tanh and 1 − tanh² cancel",
        "Of the approximation by tanh, which is the default, what is left is 0 from −7 on.",
        "print(jax.grad(jax.nn.gelu)(-5.0), jax.grad(jax.nn.gelu)(-7.5))",
        "= [mp.diff(lambda x: x / 2 * (1 + mp.tanh(mp.sqrt(2 / mp.pi) * (x + mp.mpf('0.044715') * x**3))), mp.mpf(x)) for x in (-5, -7.5)]",
    ),
    _of_jax(
        "jax.nn.soft_sign",
        (LOST,),
        PRECISION,
        "soft_sign far out: the rule of quotients, 1/(1 + |x|) − |x|/(1 + |x|)², cancels",
        "A digit is lost for each factor of 10 in x; 1/(1 + |x|)² has them all.",
        "print(jax.grad(jax.nn.soft_sign)(1e8), jax.grad(jax.nn.soft_sign)(1e16))",
        "= [1 / (1 + mp.mpf(x)) ** 2 for x in (1e8, 1e16)]",
    ),
    _of_jax(
        "jax.nn.squareplus",
        (LOST,),
        PRECISION,
        "squareplus at large negative x: (1 + x / √(x² + 4)) / 2 cancels",
        "Two digits are lost for each factor of 10 in x.",
        "print(jax.grad(jax.nn.squareplus)(-1e5), jax.grad(jax.nn.squareplus)(-1e8))",
        "= [(1 + mp.mpf(x) / mp.sqrt(mp.mpf(x) ** 2 + 4)) / 2 for x in (-1e5, -1e8)]",
    ),
    _of_jax(
        "jax.numpy.sinc",
        (LOST,),
        PRECISION,
        "sinc near 0 (not at 0, which has a rule of its own): no digit is right from 1e-8 on",
        "The rule of quotients: cos(πx)/x − sin(πx)/(πx²) cancels.",
        "print(jax.grad(jnp.sinc)(1e-5), jax.grad(jnp.sinc)(1e-9))",
        "= [mp.diff(mp.sincpi, mp.mpf(x), h=mp.mpf(10) ** -25) for x in (1e-5, 1e-9)]",
    ),
    _of_jax(
        "jax.scipy.special.i0",
        (LOST, WRONG),
        RULE,
        "jax.scipy.special.i0 at 0: the slope is told as 1; near 0 it cancels",
        "I₀ is even and smooth, with slope 0. It is computed as exp|x| · i0e(x), of two functions with a kink at 0, whose conventions there "
        "do not cancel. (jax.numpy.i0 has a rule of its own, and is right at 0.)",
        "print(jax.grad(jax.scipy.special.i0)(0.0), jax.grad(jax.scipy.special.i0)(1e-9))",
        "= [mp.besseli(1, mp.mpf(x)) for x in (0, 1e-9)]",
    ),
    _of_jax(
        "jax.numpy.i0",
        (LOST,),
        PRECISION,
        "i0 near 0: the slope of exp|x| · i0e(x) is a difference of numbers next to 1",
        "I₀′ = I₁ ≈ x/2, of which an ulp of 1 is left.",
        "print(jax.grad(jnp.i0)(1e-9), jax.grad(jnp.i0)(1e-17))",
        "= [mp.besseli(1, mp.mpf(x)) for x in (1e-9, 1e-17)]",
    ),
    _of_jax(
        "jax.scipy.special.i0e jax.scipy.special.i1e",
        (LOST,),
        PRECISION,
        "i0e and i1e far out: i1e − sign(x) i0e cancels",
        "Both are 1/√(2πx) to leading order; the slope is smaller by 2x.",
        "print(jax.grad(jax.scipy.special.i0e)(1e8), jax.grad(jax.scipy.special.i0e)(1e16))",
        "= [-1 / (2 * mp.mpf(x) * mp.sqrt(2 * mp.pi * x)) * (1 + 3 / (8 * mp.mpf(x))) for x in (1e8, 1e16)]",
    ),
    _of_jax(
        "jax.scipy.special.erfcx jax.scipy.special.dawsn",
        (LOST,),
        PRECISION,
        "erfcx and dawsn far out: 2 x erfcx(x) − 2/√π and 1 − 2 x F(x) cancel",
        "Two digits are lost for each factor of 10 in x.",
        "print(jax.grad(jax.scipy.special.erfcx)(1e4), jax.grad(jax.scipy.special.dawsn)(1e4))",
        "= [2 * x * mp.exp(x**2) * mp.erfc(x) - 2 / mp.sqrt(mp.pi) for x in [mp.mpf(10) ** 4]] "
        "+ [1 - x * mp.sqrt(mp.pi) * mp.exp(-(x**2)) * mp.erfi(x) for x in [mp.mpf(10) ** 4]]",
    ),
    _of_jax(
        "jax.numpy.fmod jax.numpy.mod jax.numpy.remainder",
        (LOST,),
        PRECISION,
        "fmod and remainder in their second argument: off by one where the quotient is rounded to a whole number",
        "−3 / 1e-9 is rounded to −3000000000; the double that is written 1e-9 is larger than 1e-9, and goes 2999999999 times into 3. The "
        "functions themselves are computed exactly.",
        "print(jax.grad(jnp.fmod, 1)(-3.0, 1e-9), jax.grad(jnp.mod, 1)(-3.0, 1e-9))",
        "= [mp.floor(mp.mpf(3) / mp.mpf(1e-9)), mp.ceil(mp.mpf(3) / mp.mpf(1e-9))]",
    ),
)

_OF_TORCH = (
    _of_torch(
        "torch.nn.functional.hardsigmoid",
        (LOST,),
        PRECISION,
        "hardsigmoid in float64: the slope is 1/6 in float32",
        "The kernel of the backward pass has the constant 1.0f / 6.0f; the forward pass divides in float64.",
        "[-1.0, 1.0]",
        "torch.nn.functional.hardsigmoid",
        "= mp.mpf(1) / 6",
    ),
    _of_torch(
        "torch.digamma torch.special.digamma torch.special.psi",
        (LOST,),
        PRECISION,
        "digamma: nine digits",
        "The trigamma function of the CPU is an expansion at x + 6 that is cut off early: its own values are off by 5e-10.",
        "[0.5, 1.0]",
        "torch.digamma",
        "= [mp.polygamma(1, mp.mpf(x)) for x in (0.5, 1)]",
    ),
    _of_torch(
        "torch.special.log_ndtr",
        (LOST, NON_FINITE),
        PRECISION,
        "log_ndtr far out: no digit, then infinity",
        "The rule is exp(−x²/2 − log Φ(x)) / √(2π): two numbers of size x²/2 cancel in the exponent, each known to an ulp. The slope is −x to "
        "leading order; erfcx would give it.",
        "[-1e3, -1e5, -1e8, -1e16]",
        "torch.special.log_ndtr",
        "= [mp.npdf(mp.mpf(x)) / (mp.erfc(-mp.mpf(x) / mp.sqrt(2)) / 2) for x in (-1e3, -1e5, -1e8)] + [mp.mpf(10) ** 16]",
    ),
    Finding(
        "torch",
        ("torch.xlogy", "torch.special.xlogy", "torch.special.xlog1py"),
        (NON_FINITE,),
        NAN,
        "xlogy(0, 0) and xlog1py(0, −1) in their second argument: NaN",
        "The rule is x / y. With x = 0 the functions are defined to be 0 for every y, so that the slope is 0.",
        _TORCH.format("0.0")
        + "print(torch.autograd.grad(torch.xlogy(torch.zeros((), dtype=torch.float64), x), x)[0].item())",
        "`0`",
    ),
    Finding(
        "torch",
        ("torch.hypot",),
        (OUTSIDE,),
        NONE,
        "hypot(0, 0): NaN",
        "A cone has no derivative at its tip, but its subgradients are finite; 0 is one of them, and what torch says of a norm.",
        _TORCH.format("0.0")
        + "print(torch.autograd.grad(torch.hypot(x, torch.zeros((), dtype=torch.float64)), x)[0].item())",
        "any number between −1 and 1 is permitted; NaN poisons whatever it is multiplied with",
    ),
    _of_torch(
        "torch.expm1 torch.special.expm1",
        (LOST,),
        PRECISION,
        "expm1 at negative x: expm1(x) + 1 is 0 from −37 on",
        "A digit is lost for every 2.3 in x.",
        "[-20.0, -37.5]",
        "torch.expm1",
        "= [mp.diff(mp.expm1, x) for x in (mp.mpf(-20), mp.mpf('-37.5'))]",
    ),
    _of_torch(
        "torch.sigmoid torch.special.expit torch.nn.functional.sigmoid",
        (LOST,),
        PRECISION,
        "sigmoid at positive x: s (1 − s) is 0 from 37 on",
        "1 − s cancels; s(x) s(−x) would not.",
        "[20.0, 37.5]",
        "torch.sigmoid",
        "= [mp.diff(lambda x: 1 / (1 + mp.exp(-x)), x) for x in (mp.mpf(20), mp.mpf('37.5'))]",
    ),
    _of_torch(
        "torch.tanh torch.nn.functional.tanh torch.nn.functional.tanhshrink",
        (LOST,),
        PRECISION,
        "tanh far out, and tanhshrink near 0: 1 − tanh² has no digits where it, or what is left of 1, is small",
        "It is a difference of numbers that agree in all digits; 1 / cosh², and tanh² for tanhshrink, are not.",
        "[10.0, 20.0]",
        "torch.tanh",
        "= [mp.sech(x) ** 2 for x in (10, 20)]",
    ),
    _of_torch(
        "torch.nn.functional.softsign",
        (LOST,),
        PRECISION,
        "softsign far out: the rule of quotients, 1/(1 + |x|) − |x|/(1 + |x|)², cancels",
        "A digit is lost for each factor of 10 in x; 1/(1 + |x|)² has them all.",
        "[1e8, 1e16]",
        "torch.nn.functional.softsign",
        "= [1 / (1 + mp.mpf(x)) ** 2 for x in (1e8, 1e16)]",
    ),
    _of_torch(
        "torch.sinc torch.special.sinc",
        (LOST,),
        PRECISION,
        "sinc near 0 (not at 0): no digit is right from 1e-8 on",
        "(cos(πx) πx − sin(πx)) / (πx²) cancels.",
        "[1e-5, 1e-9]",
        "torch.sinc",
        "= [mp.diff(mp.sincpi, mp.mpf(x), h=mp.mpf(10) ** -25) for x in (1e-5, 1e-9)]",
    ),
    _of_torch(
        "torch.special.erfcx",
        (LOST,),
        PRECISION,
        "erfcx far out: 2 x erfcx(x) − 2/√π cancels",
        "Two digits are lost for each factor of 10 in x.",
        "[1e4, 1e8]",
        "torch.special.erfcx",
        "= [2 * mp.mpf(x) * mp.exp(mp.mpf(x) ** 2) * mp.erfc(mp.mpf(x)) - 2 / mp.sqrt(mp.pi) for x in (1e4, 1e8)]",
    ),
    _of_torch(
        "torch.special.i0e torch.special.i1e",
        (LOST,),
        PRECISION,
        "i0e and i1e far out: i1e − sign(x) i0e cancels",
        "Both are 1/√(2πx) to leading order; the slope is smaller by 2x.",
        "[1e8, 1e16]",
        "torch.special.i0e",
        "= [-1 / (2 * mp.mpf(x) * mp.sqrt(2 * mp.pi * x)) * (1 + 3 / (8 * mp.mpf(x))) for x in (1e8, 1e16)]",
    ),
    Finding(
        "torch",
        ("torch.fmod",),
        (LOST,),
        PRECISION,
        "fmod in its second argument: off by one where the quotient is rounded to a whole number",
        "−3 / 1e-9 is rounded to −3000000000; the double that is written 1e-9 is larger than 1e-9, and goes 2999999999 times into 3. The "
        "function itself is computed exactly.",
        _TORCH.format("1e-9")
        + "print(torch.autograd.grad(torch.fmod(torch.tensor(-3.0, dtype=torch.float64), x), x)[0].item())",
        "= mp.floor(mp.mpf(3) / mp.mpf(1e-9))",
    ),
    _of_torch(
        "torch.nn.functional.gelu",
        (LOST,),
        PRECISION,
        "gelu below −5: (1 + erf)/2 and 1 − tanh² cancel",
        "At −10 the distribution function is told as 0, which is one part in a hundred of the slope; of the approximation by tanh nothing "
        "is left from −7 on.",
        "[-8.0, -10.0]",
        "torch.nn.functional.gelu",
        "= [mp.diff(lambda x: x * mp.erfc(-x / mp.sqrt(2)) / 2, mp.mpf(x)) for x in (-8, -10)]",
    ),
    Finding(
        "torch",
        ("torch.nn.functional.binary_cross_entropy",),
        (LOST,),
        DESIGN,
        "binary_cross_entropy within 1e-12 of 0 and 1: the gradient goes to 0",
        "The backward pass divides by max((1 − p) p, 1e-12), the forward pass does not: −log(1 − p) has the slope 1 at p = 1e-30.",
        _TORCH.format("1e-30")
        + "print(torch.autograd.grad(torch.nn.functional.binary_cross_entropy(x, torch.zeros_like(x)), x)[0].item())",
        "= mp.diff(lambda p: -mp.log(1 - p), mp.mpf(10) ** -30)",
    ),
    Finding(
        "torch",
        ("torch.nn.functional.gaussian_nll_loss",),
        (WRONG,),
        DESIGN,
        "gaussian_nll_loss with a variance below eps: a gradient of a function that is constant",
        "The variance is clamped from below under torch.no_grad(), so that the loss does not depend on it there; the gradient passes the clamp "
        "as if it were not there, which moves the variance away from 0, as is meant.",
        "import torch\nv = torch.tensor([1e-7], dtype=torch.float64, requires_grad=True); o = torch.ones(1, dtype=torch.float64)\n"
        "print(torch.autograd.grad(torch.nn.functional.gaussian_nll_loss(o, 0 * o, v), v)[0].item())",
        "`0`: below eps = 1e-6 the loss is the same for every variance",
    ),
)

_OF_OPTAX = (
    Finding(
        "optax",
        ("optax.losses.sigmoid_focal_loss",),
        (WRONG,),
        OURS,
        "sigmoid_focal_loss in the labels where they are 0: certified to be off by 2e-16",
        "The claim and the truth that are shown are the same double. The labels are weights of a logsumexp, which leaves terms of weight 0 out "
        "by a comparison; gradcheck takes the comparison for a kink, and does not find the claim inside. It is a fault of ours.",
    ),
)

_OPTAX = "import jax, optax\njax.config.update('jax_enable_x64', True)\n"

_OF_OPTAX += (
    Finding(
        "optax",
        ("optax.losses.huber_loss",),
        (LOST,),
        PRECISION,
        "huber_loss for small errors: the gradient is told to an ulp of delta",
        "The loss is min(|e|, δ)²/2 + δ (|e| − min(|e|, δ)), and the slope of its second part, δ − δ for small e, is summed with the first in an "
        "order that rounds e to the last place of δ.",
        _OPTAX + "print(*[jax.grad(optax.losses.huber_loss)(x, 0.0) for x in (1e-9, -1e-30)])",
        "= [mp.mpf(1e-9), -mp.mpf(1e-30)]",
    ),
    Finding(
        "optax",
        ("optax.losses.log_cosh",),
        (LOST,),
        PRECISION,
        "log_cosh for small errors: tanh as a difference of two numbers next to 1/2",
        "It is written as logaddexp(e, −e) − log 2, of which the slope is a difference of two exponentials.",
        _OPTAX + "print(*[jax.grad(optax.losses.log_cosh)(x) for x in (1e-9, -1e-17)])",
        "= [mp.tanh(mp.mpf(x)) for x in (1e-9, -1e-17)]",
    ),
    Finding(
        "optax",
        ("optax.losses.sigmoid_binary_cross_entropy", "optax.losses.sigmoid_focal_loss"),
        (LOST,),
        PRECISION,
        "sigmoid_binary_cross_entropy and sigmoid_focal_loss in the labels, at logits near 0",
        "The slope of the cross-entropy in the label is −x exactly; it is computed as log σ(−x) − log σ(x), two numbers next to −log 2.",
        _OPTAX
        + "print(*[jax.grad(optax.losses.sigmoid_binary_cross_entropy, 1)(x, 0.5) for x in jax.numpy.array([1e-9, -1e-30])])",
        "= [-mp.mpf(1e-9), mp.mpf(1e-30)]",
    ),
)

FINDINGS: tuple[Finding, ...] = (*_OF_AUTOGRAD, *_OF_JAX, *_OF_TORCH, *_OF_OPTAX)
