"""Small torch networks for the demo bundle: training, checkpoints, soups and interpolations."""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn

PIXELS, PATCHES, COLOURS, CLASSES = 64, 36, 10, 10
INPUTS = PIXELS + PATCHES * COLOURS
State = dict[str, Tensor]


@dataclass(frozen=True)
class Recipe:
    """How one member is made.

    Attributes:
        name: the model's name.
        family: models of a family see the same kind of input through the same architecture.
        seed: with the family, fixes the initial weights, the order of the batches and the patches.
        architecture: "linear", "mlp" or "conv".
        digit: whether the member sees the digit.
        patches: the patches it sees: a share in [0, 1] drawn from the seed, or their indices.
        smoothing: label smoothing in [0, 1).
        epochs: passes over the training data.
        checkpoints: epochs at which a copy is kept as a model of its own.
    """

    name: str
    family: str
    seed: int
    architecture: str = "mlp"
    digit: bool = True
    patches: float | tuple[int, ...] = 0.3
    smoothing: float = 0.1
    epochs: int = 12
    checkpoints: tuple[int, ...] = ()


@dataclass(frozen=True)
class Trained:
    """One model of the zoo, ready to predict.

    Attributes:
        name: the model's name.
        kind: "member", "checkpoint", "soup" or "interpolation".
        recipe: what it was made from; soups and interpolations carry a parent's recipe.
        epoch: epochs trained, counted from the first initialisation.
        state: weights and input mask.
        alpha: place on the line between two models, 0 at the one end and 1 at the other.
    """

    name: str
    kind: str
    recipe: Recipe
    epoch: int
    state: State
    alpha: float | None = None


class Network(nn.Module):
    """Masked inputs, a body that ends in the embedding, and a linear head.

    Args:
        architecture: "linear" (no hidden layer), "mlp" or "conv".
        width: size of the embedding; the linear network embeds its inputs unchanged.
    """

    def __init__(self, architecture: str, width: int = 48) -> None:
        super().__init__()
        self.architecture = architecture
        self.register_buffer("mask", torch.empty(INPUTS))
        if architecture == "linear":
            self.body = nn.Identity()
        elif architecture == "mlp":
            self.body = nn.Sequential(nn.Linear(INPUTS, width), nn.ReLU())
        else:
            self.body = nn.Sequential(
                nn.Conv2d(1 + COLOURS, 12, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                nn.Flatten(), nn.Linear(12 * 25, width), nn.ReLU(),
            )  # fmt: skip
        self.head = nn.Linear(INPUTS if architecture == "linear" else width, CLASSES)

    def embed(self, inputs: Tensor) -> Tensor:
        """The penultimate layer.

        Args:
            inputs: float32 [N, 424], 64 pixels and 36 patches of 10 colours.

        Returns:
            float32 [N, width].
        """
        seen = inputs * self.mask
        return self.body(picture(seen) if self.architecture == "conv" else seen)

    def forward(self, inputs: Tensor) -> Tensor:
        """Logits float32 [N, 10] of inputs float32 [N, 424]."""
        return self.head(self.embed(inputs))


def ring() -> Tensor:
    """Cells of the 36 patches in the 10 x 10 picture, clockwise from the upper left corner.

    Returns:
        int64 [36], row * 10 + column; each run of nine is one side.
    """
    steps = torch.arange(9)
    sides = (steps, steps * 10 + 9, 99 - steps, 90 - steps * 10)
    return torch.cat(sides)


def core() -> Tensor:
    """Cells of the 64 pixels in the 10 x 10 picture, int64 [64], row * 10 + column."""
    steps = torch.arange(1, 9)
    return (steps[:, None] * 10 + steps).flatten()


def picture(inputs: Tensor) -> Tensor:
    """The flat inputs laid out in the plane.

    Args:
        inputs: float32 [N, 424].

    Returns:
        float32 [N, 11, 10, 10]: channel 0 the digit, 1 to 10 the colours of the patches.
    """
    planes = inputs.new_zeros(len(inputs), 1 + COLOURS, 100)
    planes[:, 0, core()] = inputs[:, :PIXELS]
    planes[:, 1:, ring()] = inputs[:, PIXELS:].view(-1, PATCHES, COLOURS).transpose(1, 2)
    return planes.view(-1, 1 + COLOURS, 10, 10)


def network(architecture: str, state: State) -> Network:
    """A network with these weights, built without touching the global random state."""
    with torch.device("meta"):
        empty = Network(architecture)
    empty.load_state_dict(state, assign=True)
    return empty.eval()


def initial(recipe: Recipe) -> State:
    """Weights and input mask before training, from the recipe's seed alone."""
    generator = _generator(recipe, "start")
    with torch.device("meta"):
        shapes = Network(recipe.architecture).state_dict()
    state = {"mask": _mask(recipe, generator)}
    for name, meta in shapes.items():
        if name.endswith("weight"):
            bound = meta[0].numel() ** -0.5
            state[name] = (torch.rand(meta.shape, generator=generator) * 2 - 1) * bound
        elif name.endswith("bias"):
            state[name] = torch.zeros(meta.shape)
    return state


def _generator(recipe: Recipe, purpose: str) -> Generator:
    return Generator().manual_seed(zlib.crc32(f"{recipe.family} {recipe.seed} {purpose}".encode()))


def _mask(recipe: Recipe, generator: Generator) -> Tensor:
    order = torch.randperm(PATCHES, generator=generator)
    if isinstance(recipe.patches, tuple):
        chosen = torch.tensor(recipe.patches, dtype=torch.int64)
    else:
        chosen = order[: round(PATCHES * recipe.patches)]
    patches = torch.zeros(PATCHES).index_fill(0, chosen, 1.0)
    return torch.cat([torch.full((PIXELS,), float(recipe.digit)), patches.repeat_interleave(10)])


def train(
    recipe: Recipe, inputs: Tensor, labels: Tensor, *, state: State | None = None
) -> dict[int, State]:
    """Weights after training with AdamW on batches of 64.

    The strong weight decay, few epochs and label smoothing keep members unsure of themselves;
    sure members leave a team's mean nothing to correct.

    Args:
        recipe: what to train.
        inputs: float32 [N, 424].
        labels: int64 [N].
        state: weights to start from; the recipe's own initial ones when None.

    Returns:
        {epoch: weights} for the recipe's checkpoints before the last epoch, and the last.
    """
    start = initial(recipe) if state is None else state
    model = network(recipe.architecture, {name: value.clone() for name, value in start.items()})
    model.train().requires_grad_(True)
    generator = _generator(recipe, "batches")
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1.0)
    loss = nn.CrossEntropyLoss(label_smoothing=recipe.smoothing)
    kept = {}
    for epoch in range(1, recipe.epochs + 1):
        for batch in torch.randperm(len(inputs), generator=generator).split(64):
            optimiser.zero_grad()
            loss(model(inputs[batch]), labels[batch]).backward()
            optimiser.step()
        if epoch in recipe.checkpoints or epoch == recipe.epochs:
            kept[epoch] = {name: value.clone() for name, value in model.state_dict().items()}
    return kept


def members(recipe: Recipe, inputs: Tensor, labels: Tensor) -> list[Trained]:
    """The trained model of a recipe, behind its checkpoints named `<name>-e<epoch>`."""
    models = []
    for epoch, state in train(recipe, inputs, labels).items():
        last = epoch == recipe.epochs
        name = recipe.name if last else f"{recipe.name}-e{epoch:02d}"
        models.append(Trained(name, "member" if last else "checkpoint", recipe, epoch, state))
    return models


@torch.no_grad()
def probabilities(model: Trained, inputs: Tensor) -> Tensor:
    """Probabilities of the classes, float32 [N, 10]; rows sum to 1 within 1e-6."""
    logits = network(model.recipe.architecture, model.state)(inputs)
    return logits.double().softmax(1).float()


@torch.no_grad()
def embeddings(model: Trained, inputs: Tensor) -> Tensor:
    """The penultimate layer, float32 [N, 48] for mlp and conv."""
    return network(model.recipe.architecture, model.state).embed(inputs)


def mixed(states: Sequence[State], weights: Iterable[float]) -> State:
    """Weighted mean of weights that share an initialisation and a mask."""
    pairs = list(zip(states, weights, strict=True))
    return {name: sum(weight * state[name] for state, weight in pairs) for name in states[0]}


def greedy_soup(candidates: Sequence[Trained], inputs: Tensor, labels: Tensor) -> State:
    """Mean of the candidates that, tried from best to worst, do not lower the accuracy.

    Args:
        candidates: models tuned from the same weights.
        inputs: float32 [N, 424], validation samples.
        labels: int64 [N].

    References:
        Wortsman et al. 2022, Model soups, ICML, recipe 1.
    """
    architecture = candidates[0].recipe.architecture

    @torch.no_grad()
    def accuracy(state: State) -> float:
        right = network(architecture, state)(inputs).argmax(1) == labels
        return float(right.double().mean())

    ranked = sorted(candidates, key=lambda model: -accuracy(model.state))
    chosen = [ranked[0].state]
    for model in ranked[1:]:
        trial = [*chosen, model.state]
        if accuracy(uniform_soup(trial)) >= accuracy(uniform_soup(chosen)):
            chosen = trial
    return uniform_soup(chosen)


def uniform_soup(states: Sequence[State]) -> State:
    """Plain mean of weights that share an initialisation and a mask."""
    return mixed(states, [1 / len(states)] * len(states))


def cost(model: Trained) -> int:
    """Multiply-adds of one prediction, on the inputs that the model sees."""
    seen = int(model.state["mask"].count_nonzero())
    weights = model.state
    if model.recipe.architecture == "linear":
        return seen * CLASSES
    if model.recipe.architecture == "mlp":
        return seen * len(weights["body.0.weight"]) + weights["head.weight"].numel()
    layers = (weights["body.0.weight"].numel() * 100, weights["body.4.weight"].numel())
    return sum(layers) + weights["head.weight"].numel()
