using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace ChunkUpload.Tests.Support;

/// <summary>One connection through <see cref="CutProxy"/>, with a lane for each direction and an independent end on each side.</summary>
internal sealed partial class CutConnection(CutProxy proxy, Socket client, CancellationToken stop) : IDisposable
{
    private const int RunLength = 16 << 10;

    // What a read that a reset interrupts may have taken.
    private const int Block = 64 << 10;

    // A timer's tick: a lane that slept too long may catch up by this much; otherwise the ticks would limit the rate.
    private static readonly long Slack = TimeProvider.System.TimestampFrequency / 200;

    // SIOCOUTQNSD of ioctl(2): unsent bytes of the send queue. On loopback all other bytes are in the receiver's queue.
    private const nuint NotSent = 0x894B;

    private readonly Socket _service = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _clientGone = CancellationTokenSource.CreateLinkedTokenSource(stop);

    public async Task RunAsync(Uri target)
    {
        try
        {
            await _service.ConnectAsync(target.Host, target.Port, stop);
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            Reset(client);
            return;
        }

        if (proxy.SendBufferSize is { } size)
            _service.SendBufferSize = size;
        client.NoDelay = _service.NoDelay = true;
        await Task.WhenAll(UpAsync(), DownAsync());
    }

    public void Dispose()
    {
        client.Dispose();
        _service.Dispose();
        _clientGone.Dispose();
    }

    private async Task UpAsync()
    {
        var lane = Channel.CreateBounded<(byte[] Bytes, long Sent)>(proxy.RunsOnTheWay);
        var reading = ReadAsync(client, lane.Writer);
        var free = TimeProvider.System.GetTimestamp();
        try
        {
            await foreach (var (bytes, sent) in lane.Reader.ReadAllAsync(stop))
            {
                for (var at = 0; at < bytes.Length;)
                {
                    var (pass, cut, stall) = proxy.Take(bytes.Length - at);
                    await DelayAsync(sent, proxy.Latency);
                    if (proxy.Rate > 0)
                    {
                        free = Math.Max(free, TimeProvider.System.GetTimestamp() - Slack) + (
                            pass * TimeProvider.System.TimestampFrequency / proxy.Rate);
                        await DelayAsync(free, TimeSpan.Zero);
                    }

                    await SendAsync(_service, bytes.AsMemory(at, pass));
                    at += pass;
                    if (cut)
                    {
                        Break();
                        return;
                    }

                    if (stall is null)
                        continue;
                    proxy.OnStalled();
                    if (!await stall.WaitAsync(_clientGone.Token))
                        continue;
                    Break();
                    return;
                }
            }

            End(_service);
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // If the client disconnects while its bytes are held, they are dropped.
            if (_clientGone.IsCancellationRequested)
                End(_service);
            else
                Reset(client);
        }
        finally
        {
            lane.Writer.TryComplete();
            await reading;
        }
    }

    private async Task DownAsync()
    {
        var lane = Channel.CreateBounded<(byte[] Bytes, long Sent)>(proxy.RunsOnTheWay);
        var reading = ReadAsync(_service, lane.Writer);
        try
        {
            await foreach (var (bytes, sent) in lane.Reader.ReadAllAsync(stop))
            {
                await DelayAsync(sent, proxy.Latency);
                if (proxy.FallsSilent(bytes.Length))
                    await Task.Delay(Timeout.InfiniteTimeSpan, stop);
                await SendAsync(client, bytes);
            }

            End(client);
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The client has disconnected: discard the service's output until it ends too.
        }
        finally
        {
            lane.Writer.TryComplete();
            await reading;
        }
    }

    private async Task ReadAsync(Socket from, ChannelWriter<(byte[] Bytes, long Sent)> lane)
    {
        var buffer = new byte[RunLength];
        try
        {
            while (await from.ReceiveAsync(buffer, stop) is > 0 and var count)
            {
                // A lane that has ended accepts nothing more and must not block its sender.
                if (await lane.WaitToWriteAsync(stop))
                    lane.TryWrite((buffer[..count], TimeProvider.System.GetTimestamp()));
            }
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // This counts as the end.
        }

        lane.TryComplete();
        if (from == client)
            Cancel();
    }

    private void Break()
    {
        var unsent = 0;
        _ = Ioctl((int)_service.Handle, NotSent, ref unsent);
        proxy.InFlight = unsent + UnreadByService();
        proxy.MayBeLost += proxy.InFlight + Block;
        // End the client's side first: the service's answer to the half request must not reach it.
        Tell(client, proxy.ToClient);
        Tell(_service, proxy.ToService);
        proxy.OnCut();
    }

    // proc_net_tcp(5): addresses and ports in hexadecimal, then the state, then the queues "send:receive".
    private long UnreadByService()
    {
        // The connection of a killed service has no endpoints any more.
        if (_service is not { LocalEndPoint: IPEndPoint local, RemoteEndPoint: IPEndPoint remote })
            return 0;
        var (ours, theirs) = (local.Port, remote.Port);
        return new[] { "/proc/net/tcp", "/proc/net/tcp6" }
            .SelectMany(File.ReadLines)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields[1].EndsWith($":{theirs:X4}", StringComparison.Ordinal) && fields[2]
                .EndsWith($":{ours:X4}", StringComparison.Ordinal))
            .Sum(fields => long.Parse(fields[4].Split(':')[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
    }

    private void Cancel()
    {
        try
        {
            _clientGone.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The proxy has been disposed of.
        }
    }

    private static void Tell(Socket side, Ending ending)
    {
        if (ending == Ending.Reset)
            Reset(side);
        else if (ending == Ending.End)
            End(side);
    }

    private static void Reset(Socket side)
    {
        side.LingerState = new LingerOption(enable: true, seconds: 0);
        side.Close();
    }

    private static void End(Socket side)
    {
        try
        {
            side.Shutdown(SocketShutdown.Send);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It has already ended.
        }
    }

    private static async Task SendAsync(Socket to, ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
            bytes = bytes[await to.SendAsync(bytes, SocketFlags.None)..];
    }

    private static async Task DelayAsync(long since, TimeSpan delay)
    {
        var left = delay - TimeProvider.System.GetElapsedTime(since);
        if (left > TimeSpan.Zero)
            await Task.Delay(left, TimeProvider.System);
    }

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int Ioctl(int descriptor, nuint request, ref int value);
}
