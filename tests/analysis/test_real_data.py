"""Real predictions against reference answers that were computed elsewhere."""

import csv
import json

import pytest
import torch
from made import real

from analysis.bundle import Bundle
from analysis.ensemble import Ensemble
from analysis.loading import load_bundle
from analysis.summary import summarise

TOLERANCE = 1e-6
PAIR_NAMES = {
    "disagreement": "disagreement_labels",
    "correctness_disagreement": "error_disagreement",
    "error_consistency_kappa": "error_consistency",
    "double_fault": "double_fault",
    "q_statistic": "q_statistic",
    "correlation_phi": "rho",
}


def expected(name: str) -> dict:
    return json.loads((real(name) / "expected.json").read_text("utf-8"))


def where(bundle: Bundle, column: str, level: str) -> Bundle:
    grouping = bundle.groups[column]
    return bundle.take(grouping.within([grouping.levels.index(level)]))


def check_pairs(found: dict, answer: dict) -> None:
    place = {name: row for row, name in enumerate(found["bundle"]["models"])}
    for pair, values in answer.items():
        i, j = (place[name] for name in pair.split(" | "))
        assert found["pairs"]["n"][i][j] == values["n"]
        for theirs, ours in PAIR_NAMES.items():
            assert found["pairs"][ours][i][j] == pytest.approx(values[theirs], abs=TOLERANCE)
        both_wrong = round(found["pairs"]["double_fault"][i][j] * values["n"])
        assert both_wrong == values["both_wrong"]
        same_wrong = round(found["pairs"]["same_wrong_rate"][i][j] * values["n"])
        assert same_wrong == values["both_wrong_same_answer"]


def check_groups(found: dict, answer: dict) -> None:
    for column, levels in answer.items():
        for level, values in levels.items():
            ours = found["groups"][column][level]
            assert ours["n"] == values["n"]
            for model, accuracy in values["accuracy"].items():
                assert ours["accuracy"][model] == pytest.approx(accuracy, abs=TOLERANCE)


def check_plurality(entry: dict, answer: dict) -> None:
    assert entry["ties"] == answer["n_tied"]
    assert entry["right"] == answer["n_right_tie_to_lowest_label"]
    assert entry["accuracy"] == pytest.approx(answer["accuracy_tie_to_lowest_label"], abs=TOLERANCE)


def check_histogram(entry: dict, answer: dict) -> None:
    found = {k: v["right"] + v["wrong"] for k, v in entry["members_right"].items()}
    assert found == answer


@pytest.fixture(scope="module")
def cifar10() -> Bundle:
    return load_bundle(real("cifar10_1"))


@pytest.mark.parametrize("split", ["original", "v4", "v6"])
def test_thirty_image_classifiers_agree_with_the_reference(cifar10, split):
    answer = expected("cifar10_1")["splits"][split]
    found = summarise(where(cifar10, "split", split))
    for model, right in answer["per_model_n_right"].items():
        assert found["models"][model]["right"] == right
    check_pairs(found, answer["pairs"])
    check_groups(found, answer["per_group_accuracy"])
    plurality = found["ensembles"][0]
    check_plurality(plurality, answer["plurality_of_all_30"])
    check_histogram(plurality, answer["histogram_number_of_models_right"])
    assert plurality["oracle_accuracy"] == pytest.approx(answer["any_right_of_all"], abs=TOLERANCE)


@pytest.mark.parametrize("split", ["original", "v4", "v6"])
def test_trios_of_image_classifiers_agree_with_the_reference(cifar10, split):
    answer = expected("cifar10_1")["splits"][split]["trios"]
    ensembles = [Ensemble(tuple(trio.split(" | "))) for trio in answer]
    found = summarise(where(cifar10, "split", split), ensembles=ensembles)["ensembles"]
    for entry, values in zip(found, answer.values(), strict=True):
        check_histogram(entry, {str(k): values[f"right_{k}"] for k in range(4)})
        strict_majority = entry["members_right"]["2"], entry["members_right"]["3"]
        assert sum(part["right"] for part in strict_majority) == values["majority_right"]
        assert entry["outcomes"]["rescued"] == 0


@pytest.fixture(scope="module")
def cifar100() -> Bundle:
    return load_bundle(real("cifar100_probs"))


def test_three_networks_with_probabilities_agree_with_the_reference(cifar100):
    answer, found = expected("cifar100_probs"), summarise(cifar100)
    names = {
        "accuracy": "accuracy",
        "n_right": "right",
        "nll_clip_1e12": "log_loss",
        "brier_sum_over_classes": "brier",
        "ece_15_equal_width_right_closed": "ece",
        "aurc_sorted_by_max_prob": "aurc",
    }
    for model, values in answer["per_model"].items():
        for theirs, ours in names.items():
            assert found["models"][model][ours] == pytest.approx(values[theirs], abs=TOLERANCE)
    check_pairs(found, answer["pairs"])
    check_groups(found, answer["per_group_accuracy"])


@pytest.mark.parametrize("team", ["trio", "densenet+wideresnet"])
def test_ensembles_of_the_networks_rescue_what_the_reference_says(cifar100, team):
    answer = expected("cifar100_probs")["ensembles"][team]
    members = tuple(answer["members"])
    rules = {"mean": "mean_probability", "geometric": "geometric_mean"}
    found = summarise(cifar100, ensembles=[Ensemble(members, rule) for rule in rules])
    for entry, (rule, theirs) in zip(found["ensembles"], rules.items(), strict=True):
        assert entry["right"] == answer[theirs]["n_right"]
        assert entry["log_loss"] == pytest.approx(answer[theirs]["nll_clip_1e12"], abs=TOLERANCE)
        assert entry["outcomes"]["rescued"] == answer[f"all_wrong_but_{rule}_right"]
        assert entry["outcomes"]["overruled"] == 0
        assert entry["oracle_accuracy"] * 10_000 == pytest.approx(10_000 - answer["all_wrong"])
        for k, values in answer["by_number_right"].items():
            ours = entry["members_right"][k]
            assert ours["right"] + ours["wrong"] == values["n"]
            assert ours["right"] == values[f"{rule}_right"]


def test_a_vote_on_labels_alone_gives_ties_to_the_lowest_class():
    folder = real("cifar100_probs")
    bundle = load_bundle(folder / "samples.csv", folder / "predictions.csv")
    answer = expected("cifar100_probs")
    found = summarise(bundle)["ensembles"]
    assert [entry["rule"] for entry in found] == ["plurality"]
    check_plurality(found[0], answer["plurality_vote_three"])
    check_histogram(found[0], answer["histogram_number_of_models_right"])


@pytest.fixture(scope="module")
def gsm() -> Bundle:
    return load_bundle(real("gsm_llms"))


def test_language_models_agree_with_the_reference_when_gaps_count_as_wrong(gsm):
    answer = expected("gsm_llms")
    found = summarise(gsm.select(answer["models"]), missing="wrong")
    for model, values in answer["per_model"].items():
        assert found["models"][model]["right"] == values["n_right"]
        assert found["models"][model]["accuracy"] == pytest.approx(
            values["accuracy"], abs=TOLERANCE
        )
        assert found["bundle"]["missing"][model] == values["n_missing"]
    check_groups(found, answer["per_group_accuracy"])
    check_plurality(found["ensembles"][0], answer["plurality_of_all"])
    check_histogram(found["ensembles"][0], answer["histogram_number_of_models_right"])


def test_language_models_agree_with_the_reference_in_pairs_on_common_samples(gsm):
    answer = expected("gsm_llms")
    check_pairs(summarise(gsm.select(answer["models"])), answer["pairs"])
    partial = summarise(gsm)["models"]["gemini-1.5-flash-exp-0827"]
    theirs = answer["partial_models_excluded_from_joint_figures"]["gemini-1.5-flash-exp-0827"]
    assert (partial["n"], partial["right"]) == (theirs["n_rows"], theirs["n_right"])


def test_trios_of_language_models_agree_with_the_reference(gsm):
    answer = expected("gsm_llms")["trios"]
    ensembles = [Ensemble(tuple(trio.split(" | "))) for trio in answer]
    found = summarise(gsm, ensembles=ensembles, missing="wrong")["ensembles"]
    for entry, values in zip(found, answer.values(), strict=True):
        check_histogram(entry, {str(k): values[f"right_{k}"] for k in range(4)})


def test_ties_follow_the_class_order_that_is_given(gsm, tmp_path):
    """The reference breaks ties by the order of the answers as text, ours as numbers."""
    weak = expected("gsm_llms")["plurality_of_models_below_85_percent"]
    order = tmp_path / "classes.csv"
    order.write_text("label\n" + "\n".join(sorted(gsm.classes)) + "\n", "utf-8")
    folder = real("gsm_llms")
    bundle = load_bundle(folder / "samples.csv", folder / "predictions.csv", order)
    found = summarise(bundle, ensembles=[Ensemble(tuple(weak["models"]))], missing="wrong")
    check_plurality(found["ensembles"][0], weak)


def test_the_samples_that_nobody_answers_right_are_the_published_ones(gsm):
    answer = expected("gsm_llms")
    pool = gsm.select(answer["models"])
    nobody = (~pool.correct.any(0)).nonzero().flatten()
    assert [pool.ids[row] for row in nobody.tolist()] == answer["sample_ids_all_wrong"]
    assert int(torch.all(pool.correct, 0).sum()) == answer["n_all_right"]


@pytest.fixture(scope="module")
def mathvista() -> Bundle:
    return load_bundle(real("mathvista"), multi={"skills": ";"})


def test_visual_mathematics_agrees_with_the_reference(mathvista):
    answer, found = expected("mathvista"), summarise(mathvista, missing="wrong")
    assert mathvista.models == tuple(answer["models"])
    for model, values in answer["per_model"].items():
        assert found["models"][model]["right"] == values["n_right"]
        assert found["models"][model]["accuracy"] == pytest.approx(
            values["accuracy"], abs=TOLERANCE
        )
        assert found["bundle"]["missing"][model] == values["n_blank"]
    sizes = found["bundle"]["groups"]
    for column, levels in answer["group_sizes"].items():
        assert sizes[column] == levels
    assert sizes["skills"] == answer["skill_sizes"]
    check_histogram(found["ensembles"][0], answer["histogram_number_of_models_right"])
    nobody = int((~mathvista.correct.any(0)).sum())
    assert nobody == answer["n_all_wrong"]
    assert found["ensembles"][0]["oracle_accuracy"] == pytest.approx(answer["any_right_of_all"])


def test_visual_mathematics_matches_the_published_scores_of_nine_fields(mathvista):
    """All cells but the 48 of an earlier skills annotation, which differ as listed."""
    answer = expected("mathvista")
    found = summarise(mathvista, missing="wrong")["groups"]
    differing = {tuple(row[:3]): tuple(row[3:]) for row in answer["cells_differing_from_published"]}
    assert len(differing) == 48
    renamed = {("grade", "daily life"): "not applicable"}
    matched = 0
    for model, fields in answer["published_group_scores"].items():
        for column, levels in fields.items():
            for level, published in levels.items() if column != "average" else ():
                ours = found[column][renamed.get((column, level), level)]
                right = round(ours["accuracy"][model] * ours["n"])
                theirs = published["correct"], published["total"]
                if (model, column, level) in differing:
                    assert (right, ours["n"], *theirs) == differing[model, column, level]
                    assert (right, ours["n"]) != theirs
                else:
                    assert (right, ours["n"]) == theirs
                    matched += 1
    assert matched == 1702 - 48


def test_pairs_and_trios_of_visual_mathematics_agree_with_the_reference(mathvista):
    answer = expected("mathvista")
    check_pairs(summarise(mathvista), answer["pairs"])
    ensembles = [Ensemble(tuple(trio.split(" | "))) for trio in answer["trios"]]
    found = summarise(mathvista, ensembles=ensembles, missing="wrong")["ensembles"]
    for entry, values in zip(found, answer["trios"].values(), strict=True):
        check_histogram(entry, {str(k): values[f"right_{k}"] for k in range(4)})


def test_the_vote_on_visual_mathematics_agrees_with_the_reference(mathvista, tmp_path):
    """The reference breaks ties by the order of the answers as text, as this class order says."""
    answer = expected("mathvista")["plurality_of_21_real_models"]
    order = tmp_path / "classes.csv"
    with order.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([["label"], *([name] for name in sorted(mathvista.classes))])
    folder = real("mathvista")
    bundle = load_bundle(folder / "samples.csv", folder / "predictions.csv", order)
    members = tuple(m for m in bundle.models if m not in ("frequent_guess", "random_guess"))
    found = summarise(bundle, ensembles=[Ensemble(members)], missing="wrong")
    check_plurality(found["ensembles"][0], answer)


@pytest.fixture(scope="module")
def annotators() -> Bundle:
    return load_bundle(real("cifar10n_annotators"))


def test_three_people_as_models_agree_with_the_reference(annotators):
    answer = expected("cifar10n_annotators")
    people = tuple(answer["confusion_rows_true_columns_given"])
    found = summarise(annotators, ensembles=[Ensemble(people)])
    for model, accuracy in answer["accuracy"].items():
        assert found["models"][model]["accuracy"] == pytest.approx(accuracy, abs=TOLERANCE)
    check_groups(found, answer["per_group_accuracy"])
    check_pairs(found, answer["pairs"])
    vote, entry = answer["vote"], found["ensembles"][0]
    check_plurality(entry, vote["plurality"])
    check_histogram(entry, {str(k): vote["trio"][f"right_{k}"] for k in range(4)})
    assert entry["oracle_accuracy"] == pytest.approx(vote["trio"]["any_accuracy"], abs=TOLERANCE)
    assert entry["ties"] == vote["all_three_differ"]
    assert 50_000 - entry["ties"] == vote["two_or_three_agree"]
    majority = sum(entry["members_right"][k]["right"] for k in ("2", "3"))
    assert majority == vote["majority_right"]


def test_the_confusion_of_the_people_agrees_with_the_reference(annotators):
    answer = expected("cifar10n_annotators")
    assert annotators.classes == tuple(answer["class_order"])
    for model, table in answer["confusion_rows_true_columns_given"].items():
        given = annotators.predictions[annotators.models.index(model)].long()
        cells = torch.bincount(annotators.labels.long() * 10 + given, minlength=100)
        assert cells.view(10, 10).tolist() == table


@pytest.mark.parametrize("options", [{}, {"columns": {"ignore": "question"}}])
def test_the_wide_file_of_language_models_agrees_with_the_reference(options):
    bundle = load_bundle(real("gsm_llms") / "original" / "wide_answers.csv", **options)
    answer = expected("gsm_llms")
    assert set(answer["models"]) <= set(bundle.models)
    found = summarise(bundle, missing="wrong")
    for model, values in answer["per_model"].items():
        assert found["models"][model]["right"] == values["n_right"]
        assert found["bundle"]["missing"][model] == values["n_missing"]
    check_pairs(summarise(bundle), answer["pairs"])
