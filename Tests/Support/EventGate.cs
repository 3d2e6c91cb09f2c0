using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Tests.Support;

/// <summary>A logger on which a test can wait for an event by its id.</summary>
internal sealed class EventGate<T> : ILogger<T>
{
    private readonly ConcurrentDictionary<int, TaskCompletionSource<string>> _events = new();

    public Task<string> Logged(int eventId) => Source(eventId).Task.WaitAsync(Eventually.Limit);

    public bool WasLogged(int eventId) => Source(eventId).Task.IsCompleted;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Source(eventId.Id).TrySetResult(formatter(state, exception));

    private TaskCompletionSource<string> Source(int eventId) =>
        _events.GetOrAdd(eventId, _ => new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously));
}
