using Hangfire.Logging;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Infrastructure.Jobs;

/// <summary>
/// Sends Hangfire's log lines to the service's log. Hangfire has one log for the whole process. The scheduler logs an outage of the
/// database once; what Hangfire's threads log about it, with stack traces, becomes Debug.
/// </summary>
internal sealed class HangfireLog : ILogProvider
{
    private static readonly HangfireLog Provider = new();

    private volatile ILoggerFactory? _factory;

    private HangfireLog()
    {
    }

    public static void SendTo(ILoggerFactory factory)
    {
        Provider._factory = factory;
        LogProvider.SetCurrentLogProvider(Provider);
    }

    /// <summary>
    /// Called when a service has stopped. Another service of the same process may have taken over the log; then nothing changes.
    /// </summary>
    public static void Forget(ILoggerFactory factory) => _ = Interlocked.CompareExchange(ref Provider._factory, null, factory);

    public ILog GetLogger(string name) => new Log(this, name);

    private static Microsoft.Extensions.Logging.LogLevel LevelOf(Hangfire.Logging.LogLevel level, Exception? exception) => level switch
    {
        Hangfire.Logging.LogLevel.Trace => Microsoft.Extensions.Logging.LogLevel.Trace,
        // Hangfire's messages at each start and stop matter to its developers only.
        Hangfire.Logging.LogLevel.Debug or Hangfire.Logging.LogLevel.Info => Microsoft.Extensions.Logging.LogLevel.Debug,
        _ when exception is not null && IsExpected(exception) => Microsoft.Extensions.Logging.LogLevel.Debug,
        Hangfire.Logging.LogLevel.Warn => Microsoft.Extensions.Logging.LogLevel.Warning,
        _ => Microsoft.Extensions.Logging.LogLevel.Error,
    };

    private static bool IsExpected(Exception exception) =>
        exception is OperationCanceledException or ObjectDisposedException or LedgerUnavailableException
        || HangfireErrors.IsTransient(exception)
        || (exception.InnerException is { } inner && IsExpected(inner));

    private sealed class Log(HangfireLog provider, string name) : ILog
    {
        private ILoggerFactory? _factory;
        private ILogger? _log;

        bool ILog.Log(Hangfire.Logging.LogLevel logLevel, Func<string>? messageFunc, Exception? exception)
        {
            if (provider._factory is not { } factory)
                return false;
            if (!ReferenceEquals(factory, _factory))
                (_log, _factory) = (factory.CreateLogger(name), factory);
            var level = LevelOf(logLevel, exception);
            if (!_log!.IsEnabled(level))
                return false;
            // Hangfire passes no message when it only asks whether the level is enabled.
            if (messageFunc?.Invoke() is { } message)
                SchedulerLog.Hangfire(_log, level, message, exception);
            return true;
        }
    }
}
