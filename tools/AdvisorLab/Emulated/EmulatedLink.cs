using System.Net;
using System.Net.Sockets;
using ChunkUpload.AdvisorLab.Model;

namespace ChunkUpload.AdvisorLab.Emulated;

/// <summary>
/// A TCP proxy that emulates a scenario's network in real time: it shares the trace's rate among the connections, with slow start, the
/// round trip, and exactly the drops, reset and silent, that the simulator derives from the same seed. All buffers are small, so that sent
/// bytes are on the emulated link and not in a queue before it.
/// </summary>
internal sealed class EmulatedLink : IAsyncDisposable
{
    private const double SilentShare = 0.2;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(5);

    private readonly Scenario _scenario;
    private readonly IPEndPoint _service;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly List<EmulatedConnection> _connections = [];
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly long _began;
    private readonly Task _accepting;
    private readonly Task _ticking;
    private Chance _drops;

    public EmulatedLink(Scenario scenario, IPEndPoint service, int seed)
    {
        (_scenario, _service) = (scenario, service);
        // As in the simulator: the same sequence for the same scenario and seed.
        _drops = Chance.Of(scenario.Seed, (ulong)seed, 1);
        _listener.Start();
        _began = _time.GetTimestamp();
        _accepting = AcceptAsync();
        _ticking = TickAsync();
    }

    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndpoint;

    public double RoundTrip => _scenario.RoundTrip;

    public double Window => _scenario.Window;

    public double Now => _time.GetElapsedTime(_began).TotalSeconds;

    /// <summary>Bytes per second at this moment.</summary>
    public double Rate
    {
        get
        {
            var trace = _scenario.Trace;
            return trace.RateOf(trace.StepAt((_scenario.Offset + Now) % trace.Seconds));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await Task.WhenAll(_accepting, _ticking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var connection in Connections())
            connection.Break();
        _listener.Dispose();
        _stop.Dispose();
    }

    private List<EmulatedConnection> Connections()
    {
        lock (_gate)
        {
            _ = _connections.RemoveAll(connection => connection.IsOver);
            return [.. _connections];
        }
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var client = await _listener.AcceptSocketAsync(_stop.Token);
            var connection = new EmulatedConnection(this, client, _service, _stop.Token);
            lock (_gate)
                _connections.Add(connection);
            connection.Start();
        }
    }

    private async Task TickAsync()
    {
        using var timer = new PeriodicTimer(Tick, _time);
        var (last, nextDrop) = (Now, _drops.Exponential(_scenario.Mtbf));
        while (await timer.WaitForNextTickAsync(_stop.Token))
        {
            var now = Now;
            var connections = Connections();
            if (now >= nextDrop)
            {
                var silent = _drops.Unit() < SilentShare;
                nextDrop += _drops.Exponential(_scenario.Mtbf);
                foreach (var connection in connections)
                {
                    if (silent)
                        connection.Silence();
                    else
                        connection.Break();
                }

                continue;
            }

            Share(connections, Rate * (now - last), now - last);
            last = now;
        }
    }

    // Max-min fairness: a connection that wants or may send less than an equal share leaves the rest to the others.
    private static void Share(List<EmulatedConnection> connections, double bytes, double seconds)
    {
        var wishes = connections.Select(connection => (Connection: connection, Bytes: connection.Wish(seconds)))
            .Where(wish => wish.Bytes > 0).OrderBy(wish => wish.Bytes).ToList();
        for (var index = 0; index < wishes.Count; index++)
        {
            var part = Math.Min(wishes[index].Bytes, bytes / (wishes.Count - index));
            bytes -= wishes[index].Connection.Grant(part, seconds);
        }
    }
}
