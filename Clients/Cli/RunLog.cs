using System.Globalization;
using ChunkUpload.Client;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Cli;

/// <summary>Writes the log of the library to standard error for --verbose, and to a file for --log-file.</summary>
internal sealed class RunLog(Output? output, string? file) : ILogger<ChunkUploadClient>
{
    private const int Retrying = 1;

    private readonly Lock _gate = new();
    private bool _isOfWaits;
    private string? _reason;

    /// <summary>Says only that something waits and is tried again, each reason once.</summary>
    public static RunLog OfWaits(Output output) => new(output, null) { _isOfWaits = true };

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Debug;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (_isOfWaits)
        {
            TellWait(eventId, state);
            return;
        }

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

    private void TellWait<TState>(EventId eventId, TState state)
    {
        if (eventId.Id != Retrying || state is not IEnumerable<KeyValuePair<string, object?>> values)
            return;
        var reason = values.FirstOrDefault(value => value.Key == "Reason").Value as string;
        lock (_gate)
        {
            if (reason is null || reason == _reason)
                return;
            _reason = reason;
        }

        output?.Note($"{reason} Trying again.");
    }
}
