using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Serilog.Core;
using Serilog.Events;

namespace ChunkUpload.Tests.Support;

/// <summary>
/// Everything that a service in this process logged, as "Level Category: message". Hangfire's lines are left out: it has one log for
/// the whole process, so the stop of another test's service would be found here.
/// </summary>
internal sealed class LogLines : ILoggerProvider, ILogEventSink
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyList<string> All => [.. _lines];

    public ILogger CreateLogger(string categoryName) => categoryName.StartsWith("Hangfire.", StringComparison.Ordinal)
        ? NullLogger.Instance
        : new Category(this, categoryName);

    /// <summary>Records a line that was written to Serilog directly, one for each request. Texts have no quotes.</summary>
    public void Emit(LogEvent logEvent)
    {
        var message = string.Concat(logEvent.MessageTemplate.Tokens.Select(token =>
            token is Serilog.Parsing.PropertyToken { PropertyName: var name }
                && logEvent.Properties[name] is ScalarValue { Value: var value }
                ? $"{value}"
                : $"{token}"));
        var category = (logEvent.Properties[Constants.SourceContextPropertyName] as ScalarValue)?.Value;
        _lines.Enqueue($"{logEvent.Level} {category}: {message}");
    }

    public void Dispose()
    {
    }

    private sealed class Category(LogLines owner, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Debug;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                owner._lines.Enqueue($"{logLevel} {name}: {formatter(state, exception)}{(exception is null ? "" : $"\n{exception}")}");
        }
    }
}
