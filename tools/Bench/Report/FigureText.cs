using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ChunkUpload.Bench.Report;

/// <summary>Prints the figures as text or as JSON.</summary>
internal static class FigureText
{
    private static readonly JsonSerializerOptions Format =
        new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    public static string Table(IReadOnlyList<Figure> figures)
    {
        var width = figures.Max(figure => figure.Name.Length);
        var text = new StringBuilder();
        _ = text.AppendLine(CultureInfo.InvariantCulture,
            $"{"figure".PadRight(width)}  {"median",9} {"min",9} {"max",9} {"runs",5}  {"unit",-10} {"goal",9}");
        foreach (var figure in figures)
        {
            _ = text.AppendLine(
                CultureInfo.InvariantCulture,
                $"{figure.Name.PadRight(width)}  {Number(figure.Median),9} {Number(figure.Minimum),9} {Number(figure.Maximum),9} "
                    + $"{figure.Samples.Count,5}  {figure.Unit,-10} {Goal(figure),9}");
        }

        return text.ToString().TrimEnd();
    }

    public static string Json(IReadOnlyList<Figure> figures) => JsonSerializer.Serialize(figures, Format);

    private static string Goal(Figure figure)
    {
        if (figure.Goal is not { } goal)
            return "";
        var counted = figure.Quantile switch
        {
            0.5 => "",
            1 => "max ",
            _ => string.Create(CultureInfo.InvariantCulture, $"p{figure.Quantile * 100:0} {Number(figure.Counted)} "),
        };
        return $"{counted}<= {Number(goal)} {(figure.IsMet ? "met" : "MISSED")}";
    }

    private static string Number(double value) =>
        value.ToString(value >= 100 ? "F0" : value >= 10 ? "F1" : "F2", CultureInfo.InvariantCulture);
}
