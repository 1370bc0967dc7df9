"""Small files to start from, one for each form that is read."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Template:
    """A file to download and fill in.

    Attributes:
        file: its name.
        summary: one line on what it holds.
        text: its content.
        beside: names of the templates that it goes with.
    """

    file: str
    summary: str
    text: str
    beside: tuple[str, ...] = ()


LONG = """sample_id,model,prediction,confidence
img-1,resnet,cat,0.91
img-2,resnet,dog,0.64
img-3,resnet,dog,0.77
img-1,vit,cat,0.98
img-2,vit,cat,0.55
img-3,vit,dog,0.81
"""
WIDE = """sample_id,label,resnet,vit
img-1,cat,cat,cat
img-2,cat,dog,cat
img-3,dog,dog,dog
"""
SAMPLES = """sample_id,label,region,lighting
img-1,cat,north,night
img-2,cat,south,day
img-3,dog,south,night
"""
GRADED = """sample_id,model,correct
q-1,model-a,1
q-2,model-a,0
q-3,model-a,1
q-1,model-b,1
q-2,model-b,1
q-3,model-b,0
"""
PROBABILITIES = """sample_id,label,resnet__cat,resnet__dog,vit__cat,vit__dog
img-1,cat,0.91,0.09,0.98,0.02
img-2,cat,0.36,0.64,0.55,0.45
img-3,dog,0.23,0.77,0.19,0.81
"""
LINES = """{"sample_id": "img-1", "label": "cat", "model": "resnet", "prediction": "cat"}
{"sample_id": "img-2", "label": "cat", "model": "resnet", "prediction": "dog"}
{"sample_id": "img-1", "label": "cat", "model": "vit", "prediction": "cat"}
{"sample_id": "img-2", "label": "cat", "model": "vit", "prediction": "cat"}
"""
MODELS = """model,family,seed,cost
resnet,convolutional,1,4.1
vit,transformer,1,17.6
"""
ACCURACIES = """model,setting,accuracy,n
resnet,clean,0.912,10000
resnet,blurred,0.655,10000
vit,clean,0.931,10000
vit,blurred,0.742,10000
"""
TEMPLATES = (
    Template("answers-long.csv", "One row per answer. Confidence may be left out.", LONG),
    Template("answers-wide.csv", "One row per sample, one column per model.", WIDE),
    Template(
        "samples.csv",
        "Labels and what is known of each sample: every other column can become a subpopulation.",
        SAMPLES,
        ("answers-long.csv",),
    ),
    Template("graded.csv", "A log that was graded elsewhere: 1 right, 0 wrong.", GRADED),
    Template(
        "probabilities.csv",
        "One column per model and class, called model__class; each model's sum to 1.",
        PROBABILITIES,
    ),
    Template("answers.jsonl", "JSON Lines: one answer per line.", LINES),
    Template(
        "models.csv",
        "What is known of each model: family, seed, cost or anything else.",
        MODELS,
        ("answers-long.csv",),
    ),
    Template(
        "accuracies.csv",
        "Accuracies only, where the single answers are gone: one row per model and setting.",
        ACCURACIES,
    ),
)
