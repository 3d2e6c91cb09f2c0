using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace ChunkUpload.AdvisorLab.Emulated;

/// <summary>
/// One connection through the emulated link. Bytes to the service wait for their share of the link and then half a round trip; bytes to the
/// client wait half a round trip.
/// </summary>
internal sealed class EmulatedConnection(
    EmulatedLink link, Socket client, IPEndPoint service, CancellationToken cancellationToken) : IDisposable
{
    private const int BufferBytes = 16 << 10;
    private const double FirstWindow = 14_600;
    private const double IdleRestart = 0.2;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(5);

    // No more slack than one moment of the fastest links.
    private readonly Pipe _up = new(new PipeOptions(pauseWriterThreshold: 4 * BufferBytes, resumeWriterThreshold: 2 * BufferBytes));
    private readonly Channel<(double Due, byte[] Bytes)> _upDelay = Channel.CreateUnbounded<(double, byte[])>();
    private readonly Channel<(double Due, byte[] Bytes)> _downDelay = Channel.CreateUnbounded<(double, byte[])>();
    private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    private double _age;
    private double _lastSend = double.NegativeInfinity;
    private double _credit;
    private volatile bool _open;
    private volatile bool _silent;
    private volatile bool _over;

    public bool IsOver => _over;

    public void Start() => _ = RunAsync();

    /// <summary>Drops the connection silently: nothing is forwarded any more, and neither side is notified.</summary>
    public void Silence() => _silent = true;

    /// <summary>Resets both ends.</summary>
    public void Break()
    {
        if (_over)
            return;
        _over = true;
        foreach (var socket in (Socket[])[client, _server])
        {
            try
            {
                socket.LingerState = new LingerOption(true, 0);
                socket.Dispose();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The connection has ended by itself.
            }
        }

        _end.Cancel();
    }

    public void Dispose()
    {
        Break();
        _server.Dispose();
        _end.Dispose();
    }

    /// <summary>How many bytes the connection has to send, and may send by its window, in this number of seconds.</summary>
    public double Wish(double seconds)
    {
        if (!_open || _silent || _over || !_up.Reader.TryRead(out var read))
            return 0;
        var waiting = read.Buffer.Length;
        _up.Reader.AdvanceTo(read.Buffer.Start, read.Buffer.Start);
        if (waiting == 0)
            return 0;
        if (link.Now - _lastSend > link.RoundTrip + IdleRestart)
            _age = 0;
        var window = Math.Min(FirstWindow * Math.Pow(2, Math.Min(20, Math.Floor(_age / link.RoundTrip))), link.Window);
        return Math.Min(waiting, (window / link.RoundTrip * seconds) + _credit);
    }

    /// <returns>The number of bytes that the connection used.</returns>
    public double Grant(double bytes, double seconds)
    {
        _age += seconds;
        _lastSend = link.Now;
        _credit = Math.Min(bytes + _credit, BufferBytes * 4);
        if (!_up.Reader.TryRead(out var read))
            return bytes;
        var take = Math.Min(read.Buffer.Length, (long)_credit);
        var slice = read.Buffer.Slice(0, take);
        _ = _upDelay.Writer.TryWrite((link.Now + (link.RoundTrip / 2), slice.ToArray()));
        _credit -= take;
        _up.Reader.AdvanceTo(slice.End, slice.End);
        return bytes;
    }

    private async Task RunAsync()
    {
        try
        {
            client.ReceiveBufferSize = client.SendBufferSize = _server.ReceiveBufferSize = _server.SendBufferSize = BufferBytes;
            client.NoDelay = _server.NoDelay = true;
            // A TCP and a TLS handshake, once the link is up.
            while (link.Rate <= 0)
                await Task.Delay(Poll, _end.Token);
            await Task.Delay(TimeSpan.FromSeconds(2 * link.RoundTrip), _end.Token);
            await _server.ConnectAsync(service, _end.Token);
            if (_silent)
                await Task.Delay(Timeout.InfiniteTimeSpan, _end.Token);
            _open = true;
            await Task.WhenAny(ReadUpAsync(), WriteAsync(_upDelay.Reader, _server), ReadDownAsync(), WriteAsync(_downDelay.Reader, client));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The connection has ended.
        }

        // After a silent drop, the service is not told of the end.
        if (_silent && !cancellationToken.IsCancellationRequested)
            await Task.Delay(Timeout.InfiniteTimeSpan, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Break();
    }

    private async Task ReadUpAsync()
    {
        while (true)
        {
            var memory = _up.Writer.GetMemory(BufferBytes);
            var count = await client.ReceiveAsync(memory[..BufferBytes], _end.Token);
            if (count == 0)
                return;
            _up.Writer.Advance(count);
            _ = await _up.Writer.FlushAsync(_end.Token);
        }
    }

    private async Task ReadDownAsync()
    {
        var buffer = new byte[BufferBytes];
        while (true)
        {
            var count = await _server.ReceiveAsync(buffer.AsMemory(), _end.Token);
            if (count == 0)
                return;
            _ = _downDelay.Writer.TryWrite((link.Now + (link.RoundTrip / 2), buffer[..count]));
        }
    }

    private async Task WriteAsync(ChannelReader<(double Due, byte[] Bytes)> delayed, Socket to)
    {
        await foreach (var (due, bytes) in delayed.ReadAllAsync(_end.Token))
        {
            // Read the clock once: a second look may come after the time that is waited for, and a negative wait ends the connection.
            var wait = due - link.Now;
            if (wait > 0)
                await Task.Delay(TimeSpan.FromSeconds(wait), _end.Token);
            while (link.Rate <= 0 || _silent)
                await Task.Delay(Poll, _end.Token);
            for (var sent = 0; sent < bytes.Length;)
                sent += await to.SendAsync(bytes.AsMemory(sent), _end.Token);
        }
    }
}
