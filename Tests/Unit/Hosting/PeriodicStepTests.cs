using ChunkUpload.Core.Hosting;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChunkUpload.Tests.Unit.Hosting;

/// <summary>Repeated work goes on after each failure, and ends when the service stops.</summary>
public sealed class PeriodicStepTests
{
    [Fact]
    public async Task A_tick_that_throws_is_followed_by_the_next()
    {
        using var step = new Step();
        await step.StartAsync(CancellationToken.None);
        await Eventually.HoldsAsync(() => Task.FromResult(step.Ticks > 5));
        await step.StopAsync(CancellationToken.None);
        var ticks = step.Ticks;
        await Task.Delay(50);
        Assert.Equal(ticks, step.Ticks);
    }

    [Fact]
    public void No_number_of_a_log_message_is_used_twice()
    {
        var assemblies = new[] { "ChunkUpload.Core", "ChunkUpload.Infrastructure", "ChunkUpload.Api" };
        var numbers = AppDomain.CurrentDomain.GetAssemblies().Where(one => assemblies.Contains(one.GetName().Name))
            .SelectMany(one => one.GetTypes()).SelectMany(type => type.GetMethods((System.Reflection.BindingFlags)(-1)))
            .SelectMany(method => method.GetCustomAttributes(typeof(LoggerMessageAttribute), false).Cast<LoggerMessageAttribute>()
                .Select(message => (message.EventId, Name: $"{method.DeclaringType!.Name}.{method.Name}")))
            .Distinct().ToList();
        Assert.True(numbers.Count > 50, "The messages were not found.");
        Assert.Empty(numbers.GroupBy(one => one.EventId).Where(group => group.Count() > 1)
            .Select(group => $"{group.Key}: {string.Join(", ", group.Select(one => one.Name))}"));
    }

    private sealed class Step() : PeriodicStep(TimeSpan.FromMilliseconds(1), TimeProvider.System, NullLogger.Instance)
    {
        private int _ticks;

        public int Ticks => Volatile.Read(ref _ticks);

        public override int Order => 0;

        public override string Name => "test";

        protected override Task TickAsync(CancellationToken cancellationToken) => (Interlocked.Increment(ref _ticks) % 3) switch
        {
            0 => throw new InvalidOperationException("This tick fails."),
            1 => Task.FromException(new LedgerUnavailableException("The ledger is away.")),
            _ => Task.FromCanceled(new CancellationToken(canceled: true)),
        };
    }
}
