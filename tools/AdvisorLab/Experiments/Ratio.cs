namespace ChunkUpload.AdvisorLab.Experiments;

/// <summary>
/// A geometric mean with its 95 % interval. Scenarios over the same trace are not independent, so the interval comes from the spread over
/// traces.
/// </summary>
internal readonly record struct Ratio(double Value, double Low, double High, int Count)
{
    public static Ratio Of(IEnumerable<ScenarioResult> results, Func<ScenarioResult, double> ratio)
    {
        var logs = results.Select(result => (result.Scenario.Trace.Name, Log: Math.Log(ratio(result)))).ToList();
        return Interval(logs, Math.Exp);
    }

    public static Ratio MeanOf(IEnumerable<ScenarioResult> results, Func<ScenarioResult, double> share) =>
        Interval([.. results.Select(result => (result.Scenario.Trace.Name, share(result)))], value => value);

    private static Ratio Interval(List<(string Name, double Value)> values, Func<double, double> back)
    {
        if (values.Count == 0)
            return new Ratio(double.NaN, double.NaN, double.NaN, 0);
        var mean = values.Average(value => value.Value);
        var groups = values.GroupBy(value => value.Name, StringComparer.Ordinal).Select(group => group.Sum(value => value.Value - mean))
            .ToList();
        var error = groups.Count < 2
            ? double.NaN
            : Math.Sqrt(groups.Sum(sum => sum * sum) * groups.Count / (groups.Count - 1)) / values.Count;
        return new Ratio(back(mean), back(mean - (1.96 * error)), back(mean + (1.96 * error)), values.Count);
    }
}
