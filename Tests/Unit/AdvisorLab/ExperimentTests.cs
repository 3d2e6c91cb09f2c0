using ChunkUpload.AdvisorLab.Experiments;
using ChunkUpload.AdvisorLab.Report;
using ChunkUpload.AdvisorLab.Traces;
using ChunkUpload.Core.Advisor;

namespace ChunkUpload.Tests.Unit.AdvisorLab;

/// <summary>Thirty synthetic networks with a fixed seed show what a change of the algorithm costs.</summary>
[Trait("Runs", "release")]
public sealed class ExperimentTests
{
    [Fact]
    public void The_adaptive_policy_stays_close_to_the_best_in_hindsight_on_thirty_networks()
    {
        var results = Experiment.Run(SyntheticTraces.Make(30, 30), 60, 4, 30, AdaptiveTuning.Default, 2, all: false);
        var rows = Measure.Of(results).ToDictionary(measure => measure.Name, measure => measure.Ratio.Value);

        // The scenarios are the same each time, so a difference of four thousandths comes from a change. After an improvement, write down
        // the new figure.
        (string Row, double Value)[] expected =
        [
            ("wholeChunk1VsO1", 1.0234), ("wholeChunk4VsO2", 1.0054), ("keepPrefix4VsO2", 1.0079), ("vsTiers", 1.4885),
                ("vsTiersDropping", 2.4005),
            ("vsTiersPlainDropping", 2.1460), ("vsTiersServed", 1.1350), ("vsFixed8Cellular", 2.6222),
        ];
        Assert.All(expected, row => Assert.InRange(rows[row.Row], row.Value * 0.996, row.Value * 1.004));
        Assert.Equal(0.0240, rows["keepPrefix4Waste"], 5e-4);
        Assert.Equal(0, rows["unfinished"]);
    }

    [Fact]
    public void The_result_does_not_depend_on_the_number_of_workers()
    {
        var traces = SyntheticTraces.Make(6, 7);
        var one = Table.Of(Measure.Of(Experiment.Run(traces, 8, 2, 7, AdaptiveTuning.Default, 1, all: false)));
        Assert.Equal(one, Table.Of(Measure.Of(Experiment.Run(traces, 8, 2, 7, AdaptiveTuning.Default, 3, all: false))));
        Assert.NotEqual(one, Table.Of(Measure.Of(Experiment.Run(traces, 8, 2, 8, AdaptiveTuning.Default, 1, all: false))));
    }

    [Fact]
    public void Synthetic_networks_are_the_same_for_the_same_seed()
    {
        var (first, second) = (SyntheticTraces.Make(12, 5), SyntheticTraces.Make(12, 5));
        Assert.Equal(first.Select(trace => trace.MeanRate), second.Select(trace => trace.MeanRate));
        Assert.NotEqual(first[0].MeanRate, SyntheticTraces.Make(12, 6)[0].MeanRate);
        Assert.All(first, trace => Assert.InRange(trace.MeanRate * 8, 5e4, 5e8));
    }
}
