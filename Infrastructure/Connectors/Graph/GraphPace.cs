using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using ChunkUpload.Core.Limits;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Infrastructure.Connectors.Graph;

/// <summary>
/// Keeps requests within the limits of the settings, and slows down all requests of a connection as its responses demand: after a refusal
/// none is sent before the given time, and if less than a fifth of the quota is left, the rest is spread over the time until it is renewed.
/// </summary>
internal sealed class GraphPace(IOptions<GraphOptions> options, SharedUsage usage, TimeProvider time)
{
    /// <summary>The cost in units of a request that changes or lists something.</summary>
    private const int UsualCost = 2;

    /// <summary>The operations that cost one unit.</summary>
    private static readonly HashSet<string> Reads = new(StringComparer.Ordinal)
    {
        "item.get", "item.find", "item.content", "item.version", "drive.get", "download",
    };

    private readonly bool _countsUnits = options.Value.CountBy == GraphOptions.ByUnits;

    private readonly RequestLimits _limits = new(
        "graph", options.Value.AccountLimit, options.Value.AppLimit, options.Value.LimitWindow, usage, time);

    private readonly ConcurrentDictionary<Guid, State> _states = new();

    /// <summary>
    /// Returns the time to wait before a request, and reserves the request unless that is longer than <paramref name="longest"/>.
    /// </summary>
    public TimeSpan Take(Guid connection, string operation, TimeSpan longest)
    {
        var limited = _limits.Take(connection, !_countsUnits || Reads.Contains(operation) ? 1 : UsualCost, longest);
        var asked = Asked(connection, longest);
        return limited > asked ? limited : asked;
    }

    /// <summary>Returns the wait that the responses demand.</summary>
    private TimeSpan Asked(Guid connection, TimeSpan longest)
    {
        if (!_states.TryGetValue(connection, out var state))
            return TimeSpan.Zero;
        lock (state)
        {
            var now = time.GetUtcNow();
            var wait = state.Next - now;
            if (wait <= TimeSpan.Zero)
            {
                state.Next = now;
                wait = TimeSpan.Zero;
            }

            if (now < state.SpacedUntil && wait <= longest)
                state.Next += state.Spacing;
            return wait;
        }
    }

    public void Learn(Guid connection, HttpStatusCode status, HttpResponseHeaders headers, TimeSpan? after)
    {
        var refused = (int)status is 429 or 503 or 509 && after is not null;
        var near = Number(headers, "RateLimit-Limit") is { } limit && Number(headers, "RateLimit-Remaining") is { } left
            && left * 5 < limit && Number(headers, "RateLimit-Reset") is > 0
            ? (Left: left, Reset: TimeSpan.FromSeconds(Number(headers, "RateLimit-Reset")!.Value))
            : default;
        if (!refused && near == default)
            return;
        var state = _states.GetOrAdd(connection, _ => new State());
        lock (state)
        {
            var now = time.GetUtcNow();
            if (refused && state.Next < now + after!.Value)
                state.Next = now + after.Value;
            if (near == default)
                return;
            state.SpacedUntil = now + near.Reset;
            state.Spacing = near.Reset / Math.Max(1, near.Left / UsualCost);
            if (near.Left == 0 && state.Next < state.SpacedUntil)
                state.Next = state.SpacedUntil;
        }
    }

    private static long? Number(HttpResponseHeaders headers, string name) =>
        headers.TryGetValues(name, out var values)
        && long.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private sealed class State
    {
        public DateTimeOffset Next { get; set; }

        public TimeSpan Spacing { get; set; }

        public DateTimeOffset SpacedUntil { get; set; }
    }
}
