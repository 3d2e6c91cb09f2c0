using System.Globalization;
using System.Text;
using Serilog.Events;
using Serilog.Formatting;

namespace ChunkUpload.Api.Hosting;

/// <summary>Formats a log event as one readable line: time, level, message, request id. An exception follows, indented.</summary>
internal sealed class TextLine(bool colours) : ITextFormatter
{
    private const string Reset = "\u001b[0m";
    private const string Indent = "    ";
    private const int LongestKept = 4096;

    // One buffer per thread: every request writes a line.
    [ThreadStatic]
    private static StringBuilder? t_line;

    [ThreadStatic]
    private static StringWriter? t_message;

    public void Format(LogEvent logEvent, TextWriter output)
    {
        var line = (t_line ??= new StringBuilder(256)).Clear()
            .Append(CultureInfo.InvariantCulture, $"{logEvent.Timestamp:HH:mm:ss.fff} ");
        var (word, colour) = LevelOf(logEvent.Level);
        _ = colours && colour.Length > 0 ? line.Append(colour).Append(word).Append(Reset) : line.Append(word);
        _ = line.Append(' ');
        foreach (var run in Message(logEvent).GetChunks())
            PlainText.Append(line, run.Span);
        if (logEvent.Properties.TryGetValue(RequestId.Property, out var id) && id is ScalarValue { Value: string text })
        {
            _ = line.Append("  [");
            PlainText.Append(line, text);
            _ = line.Append(']');
        }

        if (logEvent.Exception is { } exception)
            AppendException(line, exception);
        output.WriteLine(line);
        if (line.Capacity > LongestKept)
            (t_line, t_message) = (null, null);
    }

    private static StringBuilder Message(LogEvent logEvent)
    {
        var message = t_message ??= new StringWriter(new StringBuilder(256), CultureInfo.InvariantCulture);
        message.GetStringBuilder().Clear();
        foreach (var token in logEvent.MessageTemplate.Tokens)
        {
            // Render strings without Serilog's quotes: people read these lines.
            if (token is Serilog.Parsing.PropertyToken named
                && logEvent.Properties.TryGetValue(named.PropertyName, out var value)
                && value is ScalarValue { Value: string text })
            {
                message.Write(text);
            }
            else
            {
                token.Render(logEvent.Properties, message, CultureInfo.InvariantCulture);
            }
        }

        return message.GetStringBuilder();
    }

    // An exception may contain text of a client. Its lines are indented, so that none of them looks like an entry of the log.
    private static void AppendException(StringBuilder line, Exception exception)
    {
        foreach (var text in exception.ToString().AsSpan().EnumerateLines())
        {
            _ = line.AppendLine().Append(Indent);
            PlainText.Append(line, text);
        }
    }

    private static (string Word, string Colour) LevelOf(LogEventLevel level) => level switch
    {
        LogEventLevel.Verbose => ("trace", ""),
        LogEventLevel.Debug => ("debug", ""),
        LogEventLevel.Information => ("info ", ""),
        LogEventLevel.Warning => ("warn ", "\u001b[33m"),
        LogEventLevel.Error => ("error", "\u001b[31m"),
        _ => ("fatal", "\u001b[31;1m"),
    };
}
