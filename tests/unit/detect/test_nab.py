"""The NAB scorer against published figures, and on cases small enough to do by hand."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bench import nab

PUBLISHED = {
    "artificialNoAnomaly/art_daily_no_noise.csv": 0.0,
    "artificialWithAnomaly/art_load_balancer_spikes.csv": -0.692444609523,
    "realAWSCloudwatch/ec2_cpu_utilization_24ae8d.csv": -1.26667875935,
    "realAWSCloudwatch/ec2_cpu_utilization_53ea38.csv": -0.141423196117,
    "realAWSCloudwatch/ec2_cpu_utilization_825cc2.csv": 0.956537840284,
    "realAWSCloudwatch/ec2_cpu_utilization_ac20cd.csv": 0.86067182427,
    "realAWSCloudwatch/ec2_cpu_utilization_c6585a.csv": -1.32,
    "realAWSCloudwatch/ec2_cpu_utilization_fe7f93.csv": 0.638757791772,
    "realAWSCloudwatch/ec2_disk_write_bytes_1ef3de.csv": -4.19089678552,
    "realAWSCloudwatch/ec2_disk_write_bytes_c0d644.csv": -1.09599853032,
    "realAWSCloudwatch/ec2_network_in_5abac7.csv": -3.52193223519,
    "realAWSCloudwatch/grok_asg_anomaly.csv": 2.37942230674,
    "realAdExchange/exchange-3_cpc_results.csv": 2.50266326119,
    "realAdExchange/exchange-4_cpc_results.csv": 0.292288463428,
    "realTraffic/TravelTime_387.csv": -1.79598133079,
    "realTraffic/occupancy_t4013.csv": 1.72522152023,
    "realTraffic/speed_6005.csv": 0.832538201468,
    "realTraffic/speed_7578.csv": 3.47059145681,
    "realTraffic/speed_t4013.csv": 1.76631783122,
}
"""Raw standard scores of the windowed Gaussian by file: NAB's results/windowedGaussian at its final figure of 39.6."""
THRESHOLD = 1.0 - 5.8e-13
"""Published as 1.0, written with twelve digits; this is the one that gives every one of the published scores."""


def series(n: int = 100, windows: list[tuple[int, int]] | None = None) -> nab.Series:
    start = datetime(2020, 1, 1)
    return nab.Series("s", [start + timedelta(minutes=i) for i in range(n)], [0.0] * n, windows or [(50, 59)])


@pytest.mark.shared
@pytest.mark.skipif(not nab.ROOT.exists(), reason="../shared/data/nab is not here")
def test_scorer_gives_every_published_windowed_gaussian_score() -> None:
    corpus = {s.name: s for s in nab.load()}
    for name, published in PUBLISHED.items():
        found = nab.score_file(corpus[name], nab.windowed_gaussian(corpus[name]), THRESHOLD)
        assert found == pytest.approx(published, abs=1e-6), name


@pytest.mark.shared
@pytest.mark.skipif(not nab.ROOT.exists(), reason="../shared/data/nab is not here")
def test_newsquake_scores_above_seventy_at_one_threshold_for_all_files() -> None:
    corpus = nab.load()
    scores = {s.name: nab.newsquake(s) for s in corpus}
    assert nab.sweep(corpus, scores, "standard")[0] > 70
    assert nab.at_threshold(corpus, scores, 0.5) > 70, "0.5 is what the documentation names"


def test_silence_scores_zero_and_an_early_hit_nearly_a_hundred() -> None:
    corpus = [series()]
    silent = {"s": [0.0] * 100}
    assert nab.sweep(corpus, silent, "standard")[0] == 0.0
    early = {"s": [0.0] * 50 + [0.9] + [0.0] * 49}
    assert nab.sweep(corpus, early, "standard") == (pytest.approx(100.0), 0.9)


def test_a_late_hit_is_worth_less_and_only_the_earliest_counts() -> None:
    s = series()
    early, late = [0.0] * 100, [0.0] * 100
    early[50] = late[58] = 1.0
    both = [max(a, b) for a, b in zip(early, late, strict=True)]
    assert nab.score_file(s, late, 0.5) < nab.score_file(s, early, 0.5) == nab.score_file(s, both, 0.5)


def test_false_alarms_cost_by_profile_less_just_after_a_window_and_nothing_in_probation() -> None:
    s = series()
    scores = [0.0] * 100
    scores[30] = 1.0
    assert nab.score_file(s, scores, 0.5) == pytest.approx(-1.11)
    assert nab.score_file(s, scores, 0.5, "reward_low_FP_rate") == pytest.approx(-1.22)
    after = [0.0] * 100
    after[60] = 1.0
    assert -1.11 < nab.score_file(s, after, 0.5) < -1.0
    probation = [0.0] * 100
    probation[3] = 1.0
    assert nab.score_file(s, probation, 0.5) == -1.0
