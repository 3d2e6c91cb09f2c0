namespace ChunkUpload.AdvisorLab.Experiments;

/// <summary>A row of the table. A row without a goal is for comparison.</summary>
internal sealed record Measure(string Name, string Meaning, Ratio Ratio, double? Goal, bool AtMost)
{
    public bool IsMet => Goal is not { } goal || (AtMost ? Ratio.Value <= goal : Ratio.Value >= goal);

    public static IReadOnlyList<Measure> Of(IReadOnlyList<ScenarioResult> results)
    {
        var dropping = results.Where(result => result.Scenario.Mtbf <= 10).ToList();
        var cellular = results.Where(result => result.Scenario.Trace.IsCellular && double.IsFinite(result.Scenario.Mtbf)).ToList();
        // A folder without recorded uplinks has only the shapes of downlinks.
        if (cellular.Exists(result => result.Scenario.Trace.IsUplink))
            cellular.RemoveAll(result => !result.Scenario.Trace.IsUplink);
        return
        [
            AtMostOf("wholeChunk1VsO1", "whole chunk lost, 1 stream, against the best size in hindsight (O1)",
                Ratio.Of(results, result => result.Seconds[Lineup.Adaptive1] / result.Whole.One), 1.03),
            AtMostOf("wholeChunk4VsO2",
                "whole chunk lost, up to 8 streams, against the best size and streams in hindsight, which does not stagger (O2)",
                Ratio.Of(results, result => result.Seconds[Lineup.Adaptive4] / result.Whole.Eight), 1.05),
            AtMostOf("keepPrefix4VsO2", "prefix kept, up to 8 streams, against O2 with the prefix kept, which does not stagger",
                Ratio.Of(results, result => result.Seconds[Lineup.Adaptive4Kept] / result.Kept.Eight), 1.02),
            AtMostOf("keepPrefix4Waste", "bytes sent twice, prefix kept, up to 8 streams, as a share of the file",
                Ratio.MeanOf(results, result => result.SentTwice[Lineup.Adaptive4Kept]), 0.03),
            AtLeastOf("vsTiers", "adaptive as served, times faster than the three tiers with whole chunks lost",
                Ratio.Of(results, result => result.Seconds[Lineup.Tiers] / result.Seconds[Lineup.Served]), 1.2),
            AtLeastOf("vsTiersDropping", "the same where the network drops every 10 s or more often",
                Ratio.Of(dropping, result => result.Seconds[Lineup.Tiers] / result.Seconds[Lineup.Served]), 2),
            AtLeastOf("vsFixed8Cellular", "times faster than 8 MiB, 1 stream, on cellular uplinks that drop, both with whole chunks lost",
                Ratio.Of(cellular, result => result.Seconds[Lineup.Fixed8One] / result.Seconds[Lineup.Adaptive4]), 1.5),
            AtMostOf("unfinished", "adaptive uploads that never finish",
                new Ratio(results.Sum(result => Lineup.Ours.Sum(who => result.Unfinished[who])), double.NaN, double.NaN, results.Count), 0),
            Also("wholeChunk4VsUpTo4", "as wholeChunk4VsO2, against the best of up to 4 streams instead of 8",
                Ratio.Of(results, result => result.Seconds[Lineup.Adaptive4] / result.Whole.Four)),
            Also("keepPrefix4VsUpTo4", "as keepPrefix4VsO2, against the best of up to 4 streams instead of 8",
                Ratio.Of(results, result => result.Seconds[Lineup.Adaptive4Kept] / result.Kept.Four)),
            Also("wholeChunk4VsO2Staggered", "as wholeChunk4VsO2, against hindsight that staggers its first chunks too",
                Ratio.Of(results, result => result.Seconds[Lineup.Adaptive4] / result.WholeStaggered.Eight)),
            Also("keepPrefix4VsO2Staggered", "as keepPrefix4VsO2, against hindsight that staggers its first chunks too",
                Ratio.Of(results, result => result.Seconds[Lineup.Adaptive4Kept] / result.KeptStaggered.Eight)),
            Also("wholeChunk1VsO1Crossed", "as wholeChunk1VsO1, O1 chosen on half of the runs and scored on the other half",
                Ratio.Of(results, result => result.Seconds[Lineup.Adaptive1] / result.WholeCrossed.One)),
            Also("wholeChunk4VsO2Crossed", "as wholeChunk4VsO2, O2 chosen on half of the runs and scored on the other half",
                Ratio.Of(results, result => result.Seconds[Lineup.Adaptive4] / result.WholeCrossed.Eight)),
            Also("keepPrefix4VsO2Crossed", "as keepPrefix4VsO2, O2 chosen on half of the runs and scored on the other half",
                Ratio.Of(results, result => result.Seconds[Lineup.Adaptive4Kept] / result.KeptCrossed.Eight)),
            Also("vsTiersPlain", "as vsTiers, without a second connection beside a silent one and with the usual waits",
                Ratio.Of(results, result => result.Seconds[Lineup.Tiers] / result.Seconds[Lineup.ServedPlain])),
            Also("vsTiersPlainDropping", "the same where the network drops every 10 s or more often",
                Ratio.Of(dropping, result => result.Seconds[Lineup.Tiers] / result.Seconds[Lineup.ServedPlain])),
            Also("vsTiersServed", "as vsTiers, against the tiers as the service serves them: prefix kept, stall timeout of 8 s",
                Ratio.Of(results, result => result.Seconds[Lineup.TiersServed] / result.Seconds[Lineup.Served])),
            Also("vsTiersServedDropping", "the same where the network drops every 10 s or more often",
                Ratio.Of(dropping, result => result.Seconds[Lineup.TiersServed] / result.Seconds[Lineup.Served])),
            Also("vsTiersKept", "as vsTiersPlain, with the tiers' stall timeout",
                Ratio.Of(results, result => result.Seconds[Lineup.Tiers] / result.Seconds[Lineup.Adaptive4Kept])),
            Also("vsTiersKeptDropping", "the same where the network drops every 10 s or more often",
                Ratio.Of(dropping, result => result.Seconds[Lineup.Tiers] / result.Seconds[Lineup.Adaptive4Kept])),
            Also("vsTiersSizesOnly", "as vsTiersPlain, with whole chunks lost by both and the tiers' stall timeout",
                Ratio.Of(results, result => result.Seconds[Lineup.Tiers] / result.Seconds[Lineup.Adaptive4])),
            Also("vsTiersSizesOnlyDropping", "the same where the network drops every 10 s or more often",
                Ratio.Of(dropping, result => result.Seconds[Lineup.Tiers] / result.Seconds[Lineup.Adaptive4])),
            Also("vsFixed8Cellular4", "as vsFixed8Cellular, against 4 streams",
                Ratio.Of(cellular, result => result.Seconds[Lineup.Fixed8Four] / result.Seconds[Lineup.Adaptive4])),
        ];
    }

    private static Measure AtMostOf(string name, string meaning, Ratio ratio, double goal) => new(name, meaning, ratio, goal, AtMost: true);

    private static Measure AtLeastOf(string name, string meaning, Ratio ratio, double goal) =>
        new(name, meaning, ratio, goal, AtMost: false);

    private static Measure Also(string name, string meaning, Ratio ratio) => new(name, meaning, ratio, null, AtMost: false);
}
