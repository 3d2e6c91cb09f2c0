using System.Text.RegularExpressions;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Architecture;

/// <summary>
/// No test measures with the real clock, because the tests share a busy machine: a test waits for an event (<see cref="Eventually"/>),
/// moves its own clock (<see cref="ManualTime"/>), or compares with something that it measured in the same run.
/// </summary>
public sealed partial class ClockTests
{
    private const string ElapsedPattern =
        @"(?:(?:TimeProvider\.System|Stopwatch)\.GetElapsedTime|\.Elapsed(?:Milliseconds|Ticks)?\b|\bTickCount(?:64)?\b|\.ExitTime\b"
        + @"|\bSystem\.Get(?:Utc|Local)Now\(\)[^;,]{0,40}? - |\bUtcNow\b[^;,]{0,40}? - "
        + @"| - (?:TimeProvider\.System\.Get|DateTime(?:Offset)?\.))";

    // Limits that are part of a scenario, not of a wait for an event.
    private static readonly HashSet<string> Excepted =
    [
        // Ends connections that a client keeps open when the receiver stops.
        "Tests/Support/HookReceiver.cs",
        // An attacker who disconnects soon.
        "Tests/Functional/Hosting/MalformedRequestTests.cs",
    ];

    [Fact]
    public void No_assertion_is_about_the_time_that_has_passed() => Assert.Empty(
        from path in Sources(".cs")
        let text = Text(path)
        // Names of values and members that contain such a time.
        let names = ElapsedName().Matches(text).Select(match => match.Groups["name"].Value).ToHashSet()
        from statement in Assertion().Matches(text)
        where Elapsed().IsMatch(statement.Value) || Word().Matches(statement.Value).Any(word => names.Contains(word.Value))
        select $"{path}:{LineOf(text, statement.Index)}: {statement.Value}");

    [Fact]
    public void No_scenario_of_a_page_measures_the_time_that_has_passed() => Assert.Empty(
        from path in Sources(".mjs")
        // The program measures a slow line for a person. No test runs it.
        where path != "Tests/Clients/slow-line.mjs"
        let text = Text(path)
        from difference in ElapsedInScript().Matches(text)
        select $"{path}:{LineOf(text, difference.Index)}: {difference.Value}");

    [Fact]
    public void Waits_for_events_have_the_common_limit() => Assert.Empty(
        from path in Sources(".cs")
        where !Excepted.Contains(path)
        let text = Text(path)
        let limits = Limit().Matches(text).ToLookup(match => match.Groups["name"].Value, match => LengthOf(match.Groups["length"].Value))
        from wait in Wait().Matches(text)
        let limit = wait.Groups["limit"].Value
        where limit.StartsWith("TimeSpan.", StringComparison.Ordinal)
            || limits[limit].Any(length => length < Eventually.Limit)
        select $"{path}:{LineOf(text, wait.Index)}: {wait.Value}");

    private static IEnumerable<string> Sources(string extension) => Repository.TrackedFiles().Where(path =>
        path.StartsWith("Tests/", StringComparison.Ordinal) && path.EndsWith(extension, StringComparison.Ordinal));

    private static string Text(string path) => File.ReadAllText(Path.Combine(Repository.Root, path));

    private static int LineOf(string text, int index) => text.AsSpan(0, index).Count('\n') + 1;

    private static TimeSpan LengthOf(string length) => TimeSpanText().Match(length) is { Success: true } match
        ? match.Groups["unit"].Value switch
        {
            "Minutes" => TimeSpan.FromMinutes(Number(match)),
            "Seconds" => TimeSpan.FromSeconds(Number(match)),
            _ => TimeSpan.Zero,
        }
        : TimeSpan.MaxValue;

    private static double Number(Match match) =>
        double.Parse(match.Groups["number"].Value, System.Globalization.CultureInfo.InvariantCulture);

    [GeneratedRegex(ElapsedPattern)]
    private static partial Regex Elapsed();

    [GeneratedRegex(@"\b(?<name>\w+)(?:\([^;{}()]*\))? =>? [^;{}]*?" + ElapsedPattern)]
    private static partial Regex ElapsedName();

    [GeneratedRegex(@"\bAssert\.(?:InRange|NotInRange|True|False|Equal)\b[^;]*;")]
    private static partial Regex Assertion();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Word();

    [GeneratedRegex(@"\b(?:Date|performance)\.now\(\) - \w+[);,\n]")]
    private static partial Regex ElapsedInScript();

    [GeneratedRegex(@"\bTimeSpan (?<name>\w+) = (?<length>TimeSpan\.From\w+\([^)]*\))")]
    private static partial Regex Limit();

    [GeneratedRegex(@"^TimeSpan\.From(?<unit>\w+)\((?<number>[\d.]+)\)$")]
    private static partial Regex TimeSpanText();

    [GeneratedRegex(@"\b(?:WaitAsync|new CancellationTokenSource|CancelAfter)\((?<limit>TimeSpan\.From\w+|\w+)[^)]*\)+")]
    private static partial Regex Wait();
}
