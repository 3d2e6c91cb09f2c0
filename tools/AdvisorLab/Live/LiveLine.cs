using System.Net;
using System.Net.Sockets;

namespace ChunkUpload.AdvisorLab.Live;

/// <summary>
/// One stream of a client: its connection, and when it last made progress. When the connection falls silent, it asks over another one
/// whether bytes still arrive, and continues there if they do not.
/// </summary>
internal sealed class LiveLine(Uri service, string key, IPEndPoint link, LiveLine.Clock clock) : IDisposable
{
    private const int SendBuffer = 16 << 10;

    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);

    private HttpClient? _http;
    private long _movedAt;

    /// <summary>The time of the last progress on any line of the client.</summary>
    internal sealed class Clock(TimeProvider time)
    {
        private long _movedAt = time.GetTimestamp();

        public TimeProvider Time => time;

        public TimeSpan Quiet => time.GetElapsedTime(Volatile.Read(ref _movedAt));

        public void Moved() => Volatile.Write(ref _movedAt, time.GetTimestamp());
    }

    public HttpClient Http => _http ??= Over();

    public void Moved()
    {
        Volatile.Write(ref _movedAt, clock.Time.GetTimestamp());
        clock.Moved();
    }

    /// <summary>
    /// Waits until no line has made progress for this long, asks over a second connection, and returns that connection if this line is
    /// dead.
    /// </summary>
    /// <param name="isDead">Asks the service.</param>
    public async Task<HttpClient> ProbeAsync(
        Func<TimeSpan> after, Func<HttpClient, CancellationToken, Task<bool>> isDead, CancellationToken cancellationToken)
    {
        while (true)
        {
            var quiet = after();
            if (quiet == Timeout.InfiniteTimeSpan)
                await Task.Delay(quiet, clock.Time, cancellationToken);
            var wait = quiet - clock.Quiet;
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait < Shortest ? Shortest : wait, clock.Time, cancellationToken);
                continue;
            }

            var began = clock.Time.GetTimestamp();
            var second = Over();
            try
            {
                if (await isDead(second, cancellationToken) && Volatile.Read(ref _movedAt) < began)
                    return second;
            }
            catch (Exception e) when (e is HttpRequestException or IOException or SocketException)
            {
                // A drop ended the probe too.
            }
            catch
            {
                second.Dispose();
                throw;
            }

            second.Dispose();
            await Task.Delay(after(), clock.Time, cancellationToken);
        }
    }

    /// <summary>Uses this connection from now on.</summary>
    public void GoOver(HttpClient second)
    {
        _http?.Dispose();
        _http = second;
        Moved();
    }

    public void Dispose() => _http?.Dispose();

    private HttpClient Over()
    {
        var handler = new SocketsHttpHandler
        {
            MaxConnectionsPerServer = 1,
            ConnectCallback = async (_, token) => await ConnectAsync(token),
        };
        var http = new HttpClient(handler) { BaseAddress = service, Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.Authorization = new("Bearer", key);
        return http;
    }

    // The link sends a byte when its handshake is over, as TLS's last message would show.
    private async Task<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            SendBufferSize =
            SendBuffer,
            ReceiveBufferSize = SendBuffer
        };
        try
        {
            await socket.ConnectAsync(link, cancellationToken);
            if (await socket.ReceiveAsync(new byte[1], cancellationToken) == 0)
                throw new IOException("The connection ended in its handshake.");
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
