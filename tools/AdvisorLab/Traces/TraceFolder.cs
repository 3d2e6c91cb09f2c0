using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace ChunkUpload.AdvisorLab.Traces;

/// <summary>
/// Reads a folder of traces: one file each, a line has a duration in seconds and a rate in bits per second. The part of a name before two
/// underscores is the family. An optional manifest.json says more; without it the name decides.
/// </summary>
internal static partial class TraceFolder
{
    private const double DefaultRoundTrip = 0.05;

    /// <exception cref="LabException">The folder does not exist, has no trace, or has an invalid file.</exception>
    public static IReadOnlyList<Trace> Read(string folder)
    {
        if (!Directory.Exists(folder))
            throw new LabException($"There is no folder {folder}.");
        var notes = Notes(Path.Combine(folder, "manifest.json"));
        var traces = Directory.EnumerateFiles(folder, "*.txt").Order(StringComparer.Ordinal)
            .Select(file => Read(file, notes.GetValueOrDefault(Path.GetFileName(file))))
            .ToList();
        return traces.Count > 0 ? traces : throw new LabException($"{folder} holds no trace (*.txt).");
    }

    private static Trace Read(string file, Note? note)
    {
        var name = Path.GetFileNameWithoutExtension(file);
        var split = name.IndexOf("__", StringComparison.Ordinal);
        var family = note?.Family ?? (split > 0 ? name[..split] : name);
        var steps = new List<(double, double)>();
        var number = 0;
        foreach (var line in File.ReadLines(file))
        {
            number++;
            var parts = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length == 0 || parts[0].StartsWith('#'))
                continue;
            if (parts.Length < 2 || !Number(parts[0], out var seconds) || !Number(parts[1], out var bits) || seconds <= 0 || bits < 0)
                throw new LabException(
                    $"{Path.GetFileName(file)}, line {number}: a line is a duration in seconds and a rate in bits per second.");
            steps.Add((seconds, bits / 8));
        }

        if (!steps.Exists(step => step.Item2 >= Trace.DeadRate))
            throw new LabException($"{Path.GetFileName(file)}: nothing ever gets through.");
        return new Trace(
            name, family, note?.RoundTrip ?? RoundTripOf(family), Cellular().IsMatch(family), note?.Uplink ?? Up().IsMatch(name), steps);
    }

    private static bool Number(string text, out double value) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);

    private static double RoundTripOf(string family) =>
        family.Contains("3g", StringComparison.OrdinalIgnoreCase) ? 0.15 : DefaultRoundTrip;

    private static Dictionary<string, Note> Notes(string manifest)
    {
        var notes = new Dictionary<string, Note>(StringComparer.Ordinal);
        if (!File.Exists(manifest))
            return notes;
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(manifest));
            foreach (var entry in document.RootElement.EnumerateArray())
            {
                notes[entry.GetProperty("file").GetString()!] = new Note(
                    entry.TryGetProperty("family", out var family) ? family.GetString() : null,
                    entry.TryGetProperty("rtt_ms", out var trip) && trip.GetDouble() > 0 ? trip.GetDouble() / 1000 : null,
                    entry.TryGetProperty("direction", out var direction) ? direction.GetString() == "up" : null);
            }
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new LabException($"{manifest} is not the list it should be: {e.Message}");
        }

        return notes;
    }

    [GeneratedRegex("3g|4g|5g|lte|hspa|umts|evdo|cell|mobile", RegexOptions.IgnoreCase)]
    private static partial Regex Cellular();

    [GeneratedRegex(@"(^|[-_.])up([-_.]|$)", RegexOptions.IgnoreCase)]
    private static partial Regex Up();

    private sealed record Note(string? Family, double? RoundTrip, bool? Uplink);
}
