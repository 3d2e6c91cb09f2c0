using System.Globalization;
using System.Text;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;

namespace ChunkUpload.Api.Hosting;

/// <summary>Events as text on the standard output, each whole. Every request is one, so the text's room is each thread's own and used again.</summary>
internal sealed class ConsoleLines(ITextFormatter formatter) : ILogEventSink
{
    private const int LongestKept = 8192;

    [ThreadStatic]
    private static StringWriter? t_text;

    private readonly Lock _gate = new();

    public void Emit(LogEvent logEvent)
    {
        var writer = t_text ??= new StringWriter(new StringBuilder(512), CultureInfo.InvariantCulture);
        var text = writer.GetStringBuilder().Clear();
        formatter.Format(logEvent, writer);
        lock (_gate)
        {
            Console.Out.Write(text);
            Console.Out.Flush();
        }

        if (text.Capacity > LongestKept)
            t_text = null;
    }
}
