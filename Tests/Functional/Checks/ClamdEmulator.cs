using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ChunkUpload.Tests.Functional.Checks;

/// <summary>Emulates clamd's command INSTREAM, on a port or a Unix socket. It reports every file that contains the test's marker.</summary>
internal sealed class ClamdEmulator : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    private ClamdEmulator(Socket listener, string address)
    {
        _listener = listener;
        Address = address;
        listener.Listen(16);
        _running = RunAsync();
    }

    public string Address { get; }

    /// <summary>The longest accepted stream, clamd's StreamMaxLength.</summary>
    public int Most { get; set; } = 25 << 20;

    /// <summary>An answer that clamd would not give.</summary>
    public string? Lie { get; set; }

    public int Asked { get; private set; }

    public static ClamdEmulator OnPort()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return new ClamdEmulator(listener, $"127.0.0.1:{((IPEndPoint)listener.LocalEndPoint!).Port}");
    }

    public static ClamdEmulator OnPath(string path)
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        return new ClamdEmulator(listener, path);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptAsync(_stop.Token);
                Asked++;
                try
                {
                    await AnswerAsync(client);
                }
                catch (Exception exception) when (exception is IOException or SocketException)
                {
                    // The service has disconnected.
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The test has ended.
        }
    }

    private async Task AnswerAsync(Socket client)
    {
        await using var stream = new NetworkStream(client);
        var command = new byte["zINSTREAM\0".Length];
        await stream.ReadExactlyAsync(command, _stop.Token);
        Assert.Equal("zINSTREAM\0", Encoding.ASCII.GetString(command));
        var received = new MemoryStream();
        var length = new byte[4];
        while (true)
        {
            await stream.ReadExactlyAsync(length, _stop.Token);
            var block = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
            if (block.Length == 0)
                break;
            if (received.Length + block.Length > Most)
            {
                await stream.WriteAsync("INSTREAM size limit exceeded. ERROR\0"u8.ToArray(), _stop.Token);
                return;
            }

            await stream.ReadExactlyAsync(block, _stop.Token);
            await received.WriteAsync(block, _stop.Token);
        }

        var found = Encoding.Latin1.GetString(received.ToArray()).Contains("test virus", StringComparison.Ordinal);
        var answer = Lie ?? (found ? "stream: Test-Signature FOUND" : "stream: OK");
        await stream.WriteAsync(Encoding.ASCII.GetBytes(answer + "\0"), _stop.Token);
    }
}
