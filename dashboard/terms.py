"""What the columns of tables mean, in a sentence each: the help of a column's head."""

from analysis.outcomes import OUTCOME_SUMMARIES

TERMS = OUTCOME_SUMMARIES | {
    "accuracy": "Share of the judged samples that are right, with 95 % interval.",
    "corrections": "The ensemble is right where what it is compared with (the best member, if "
    "nothing else is chosen) is wrong.",
    "regressions": "The ensemble is wrong where what it is compared with is right.",
    "broken against majority": "The plurality of the members is right and the ensemble wrong.",
    "recovered fraction": "How much of the way from what it is compared with to the oracle (some "
    "member is right) the ensemble goes; below 0 it is worse than that, above 100 % it rescues "
    "more than it loses. A dash: there is no way to go.",
    "McNemar": "Exact test: could corrections and regressions be as unequal by chance?",
    "against majority": "The plurality of the members is wrong, the ensemble right, and at least "
    "one member right.",
    "against the active one": "Accuracy minus that of the active ensemble on the same samples, in "
    "percentage points, with 95 % interval.",
    "ties": "Samples on which several classes had the highest score and the tie rule decided.",
    "temperature": "The logarithms of the probabilities are divided by it. Above 1: the model was "
    "over-confident; below 1: under-confident.",
    "calibration error before": "Distance of confidence from accuracy over 15 bins, as loaded.",
    "calibration error after": "The same with the temperature.",
    "equal width": "Distance of confidence from accuracy over 15 bins of equal width (ECE).",
    "equal mass": "The same over 15 bins of equally many samples.",
    "class by class": "The same for the probability of every class, mean over the classes; needs "
    "the probabilities of all classes.",
    "debiased": "Root of the squared distance over bins of equally many samples, without what "
    "small bins add by chance. Squared, so not to be compared with the others.",
    "different samples": "Effective number of different samples (Vendi score of the embeddings), "
    "of equally many drawn from each group; blank for groups below 20 samples.",
    "AUROC": "Chance that a wrong answer is doubted more than a right one; 0.5 is chance.",
    "false alarms": "Share of the right answers doubted as much when 95 % of the wrong are found.",
    "AURC": "Mean error among the least doubted answers, over all shares; lower is better.",
    "answered": "Share of the samples that the ensemble answers; a rule that may keep silent is "
    "otherwise judged where it answers.",
    "gain": "Accuracy with the member minus without it, in percentage points, with 95 % interval.",
    "thanks to it": "Samples that the ensemble gets right with the member and wrong without it.",
    "because of it": "Samples that the ensemble gets wrong with the member and right without it.",
    "McNemar (Holm)": "Exact test of the two, corrected for the number of members.",
    "gain on joining": "Mean gain in accuracy when the member joins the others in a random order "
    "(Shapley value), in percentage points. Together they are what the ensemble is better by than "
    "its average member.",
    "weight": "Share of all weights.",
    "one more of it": "What taking it once more would do to the accuracy on the samples to fit "
    "on, in percentage points.",
    "n": "Judged samples.",
    "size": "Members of the team.",
    "mean disagreement": "Share of samples on which two members differ, mean over their pairs.",
    "net effect": "Corrections minus regressions per 100 samples: how many percentage points more "
    "accurate the ensemble is than the reference; from and to are its 95 % interval.",
    "of the reference": "Accuracy of the best member on the same samples, in percent.",
    "p (Benjamini-Hochberg)": "Corrected so that few of the findings are false; to explore with.",
    "p (Holm)": "Corrected so that one false finding among all is rare; for a claim.",
    "gap": "Inside minus outside, in percentage points; from and to are its 95 % interval.",
    "gap where found": "On the half that the slice was found on: optimistic.",
    "found again": "Share of other random halves in which the search comes upon the slice again, "
    "with at least half of the samples in common.",
    "samples": "Samples of the slice in all, of both halves, judged or not.",
    "leave-one-out stability": "How often the team says the same without one of its members.",
    "chance to be first": "Share of the bootstrap draws in which it is first; those that tie share "
    "a draw.",
    "not told apart from": "How many other models it cannot be told apart from, all pairs tested "
    "together at 95 %.",
    "points": "What the chosen rule counts: mean accuracy, Borda's points, or log strength. Higher "
    "is better.",
    "share of draws": "How often the two stand the other way round than by the mean.",
}
