using System.Text;
using System.Text.Json;
using ChunkUpload.AdvisorLab.Experiments;

namespace ChunkUpload.AdvisorLab.Report;

/// <summary>Prints the results as JSON: each row's value by its name, and the rows in full.</summary>
internal static class JsonRows
{
    public static string Of(LabOptions options, int traces, IReadOnlyList<Measure> measures)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            foreach (var measure in measures)
                Number(json, measure.Name, measure.Ratio.Value);
            json.WriteNumber("traces", traces);
            json.WriteNumber("scenarios", options.Scenarios);
            json.WriteNumber("seeds", options.Seeds);
            json.WriteNumber("seed", options.Seed);
            json.WriteStartArray("rows");
            foreach (var measure in measures)
            {
                json.WriteStartObject();
                json.WriteString("name", measure.Name);
                json.WriteString("measure", measure.Meaning);
                Number(json, "value", measure.Ratio.Value);
                Number(json, "low95", measure.Ratio.Low);
                Number(json, "high95", measure.Ratio.High);
                json.WriteNumber("scenarios", measure.Ratio.Count);
                if (measure.Goal is { } goal)
                {
                    json.WriteString("goal", measure.AtMost ? "at most" : "at least");
                    json.WriteNumber("goalValue", goal);
                    json.WriteBoolean("met", measure.IsMet);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
            json.WriteNumber(name, Math.Round(value, 6));
        else
            json.WriteNull(name);
    }
}
