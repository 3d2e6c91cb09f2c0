using System.Globalization;
using System.Text;
using Serilog.Events;
using Serilog.Formatting;

namespace ChunkUpload.Api.Hosting;

/// <summary>Formats a log event as one readable line: time, level, message, request id. An exception follows on its own lines.</summary>
internal sealed class TextLine(bool colours) : ITextFormatter
{
    private const string Reset = "\u001b[0m";
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
            AppendPlain(line, run.Span);
        if (logEvent.Properties.TryGetValue(RequestId.Property, out var id) && id is ScalarValue { Value: string text })
        {
            _ = line.Append("  [");
            AppendPlain(line, text);
            _ = line.Append(']');
        }

        output.WriteLine(line);
        if (logEvent.Exception is { } exception)
            output.WriteLine(exception);
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

    // A file name may contain a line break or an escape sequence; it must not forge a log line or control the terminal.
    private static void AppendPlain(StringBuilder line, ReadOnlySpan<char> text)
    {
        foreach (var character in text)
        {
            _ = char.IsControl(character) || character is '\u2028' or '\u2029' || (character is >= '\u202a' and <= '\u202e')
                || (character is >= '\u2066' and <= '\u2069')
                ? line.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}")
                : line.Append(character);
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
