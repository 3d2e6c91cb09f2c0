using System.Net.Sockets;
using System.Text.Json;

namespace ChunkUpload.Agent;

/// <summary>A connection to the user's agent.</summary>
internal sealed class AgentClient : IDisposable
{
    // Transfers are stopped before they are reported as cancelled.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly LineStream _lines;

    private AgentClient(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket);
        _lines = new LineStream(_stream, Protocol.MostAnswerBytes);
    }

    /// <exception cref="AgentException">No agent runs.</exception>
    public static async Task<AgentClient> ConnectAsync(AgentPlace place, CancellationToken stop) =>
        await TryConnectAsync(place, stop) ?? throw new AgentException(
            AgentException.NoAgent,
            "No agent of yours runs. Start one in another terminal: cu agent. Or for good, as docs/client.md says: systemctl --user enable "
            + "--now cu-agent");

    public static async Task<AgentClient?> TryConnectAsync(AgentPlace place, CancellationToken stop)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(place.Socket), stop);
            return new AgentClient(socket);
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }

    /// <summary>Asks, and reads the answer.</summary>
    /// <exception cref="AgentException">The agent refuses it, or it ended.</exception>
    public async Task<AgentAnswer> AskAsync(AgentRequest request, CancellationToken stop)
    {
        try
        {
            await _lines.WriteAsync(request with { Version = Protocol.Version }, ProtocolJson.Default.AgentRequest, stop);
            return await NextAsync(stop).WaitAsync(Patience, stop);
        }
        catch (TimeoutException)
        {
            throw new AgentException(
                AgentException.NoAgent,
                $"The agent has not answered for {Patience.TotalSeconds:0} s. Is it stopped? End it, and run: cu agent");
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            throw Ended();
        }
    }

    /// <summary>Reads the next answer to a request that has several.</summary>
    /// <exception cref="AgentException">The agent refuses it, or it ended.</exception>
    public async Task<AgentAnswer> NextAsync(CancellationToken stop)
    {
        try
        {
            var line = await _lines.ReadAsync(stop) ?? throw Ended();
            var answer = JsonSerializer.Deserialize(line.Span, ProtocolJson.Default.AgentAnswer) ?? throw Ended();
            return answer.Ok ? answer : throw new AgentException(answer.Code ?? AgentException.BadRequest, answer.Message ?? "It refuses.");
        }
        catch (Exception failure) when (failure is IOException or SocketException or JsonException)
        {
            throw Ended();
        }
    }

    public void Dispose()
    {
        _stream.Dispose();
        _socket.Dispose();
    }

    private static AgentException Ended() => new(
        AgentException.NoAgent, "The agent ended before it answered. What it has acknowledged is in its queue: start it again.");
}
