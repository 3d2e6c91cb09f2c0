using System.Globalization;
using ChunkUpload.Client;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Cli;

/// <summary>What the library logs, for --verbose on standard error and for --log-file in a file, a line each.</summary>
internal sealed class RunLog(Output? output, string? file) : ILogger<ChunkUploadClient>
{
    private readonly Lock _gate = new();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Debug;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var text = formatter(state, exception).ReplaceLineEndings(" ");
        output?.Note(text);
        if (file is null)
            return;
        var now = TimeProvider.System.GetUtcNow();
        var line = string.Create(
            CultureInfo.InvariantCulture, $"{now:yyyy-MM-ddTHH:mm:ss.fffZ} {logLevel} {Output.Printable(text)}\n");
        lock (_gate)
            File.AppendAllText(file, line);
    }
}
