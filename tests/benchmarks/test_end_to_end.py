"""The measurements of training and evaluation measure what they say; how fast anything is, is no matter of tests."""

from hackatari.benchmarks.end_to_end import measure_evaluation, measure_training


def test_training_is_compared_with_sb3s_own_vector_env():
    usual, tuned, ours = measure_training("pong", num_envs=2, rounds=1, rollouts=1)
    assert (usual.way, ours.way) == ("make_atari_env, SubprocVecEnv", "hackatari train")
    assert usual.ratio == 1
    assert tuned.ratio == tuned.steps_per_second / usual.steps_per_second
    assert ours.ratio_low == ours.ratio == ours.steps_per_second / usual.steps_per_second


def test_evaluation_is_compared_with_one_env():
    single, ours = measure_evaluation("breakout", modifs=1, episodes=1, rounds=1, workers=1)
    assert single.task == ours.task == "1 episodes on each of 2 variants of Breakout"
    assert min(single.steps_per_second, ours.steps_per_second) > 0
