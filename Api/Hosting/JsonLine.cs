using System.Globalization;
using System.Text;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Json;

namespace ChunkUpload.Api.Hosting;

/// <summary>
/// Formats a log event as one line of JSON. Serilog escapes only the first 32 characters; DEL, the control characters above it and line
/// separators must not reach a terminal or a program that splits lines.
/// </summary>
internal sealed class JsonLine : ITextFormatter
{
    private const int LongestKept = 16384;

    private readonly JsonFormatter _formatter = new(closingDelimiter: "", renderMessage: true);

    // Two buffers per thread: every request writes a line.
    [ThreadStatic]
    private static StringWriter? t_json;

    [ThreadStatic]
    private static StringBuilder? t_line;

    public void Format(LogEvent logEvent, TextWriter output)
    {
        var json = t_json ??= new StringWriter(new StringBuilder(1024), CultureInfo.InvariantCulture);
        var line = (t_line ??= new StringBuilder(1024)).Clear();
        json.GetStringBuilder().Clear();
        _formatter.Format(logEvent, json);
        // The replaced characters only occur within JSON strings.
        foreach (var run in json.GetStringBuilder().GetChunks())
            PlainText.Append(line, run.Span);
        output.WriteLine(line);
        if (line.Capacity > LongestKept)
            (t_json, t_line) = (null, null);
    }
}
