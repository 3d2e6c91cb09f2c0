using System.Net.Sockets;
using System.Text.Json;
using ChunkUpload.Client.State;

namespace ChunkUpload.Agent;

/// <summary>
/// The agent's socket, which only the user can open: 1. the lock, so that there is one agent; 2. a socket that a dead one has left is taken
/// over; 3. connections, a few at a time.
/// </summary>
internal sealed class AgentServer : IDisposable
{
    private const int MostConnections = 32;
    private const int Backlog = 16;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    private readonly AgentPlace _place;
    private readonly FileStream _lock;
    private readonly Socket _socket;
    private int _connections;

    private AgentServer(AgentPlace place, FileStream @lock, Socket socket) => (_place, _lock, _socket) = (place, @lock, socket);

    /// <exception cref="AgentException">Another agent of this user runs.</exception>
    public static async Task<AgentServer> OpenAsync(AgentPlace place, CancellationToken stop)
    {
        // 1. The lock, so that there is one agent.
        PrivateFile.CreateFolder(place.Folder);
        PrivateFile.CreateFolder(Path.GetDirectoryName(place.Socket)!);
        FileStream hold;
        try
        {
            hold = File.Open(place.LockFile, PrivateFile.Options(FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException) when (File.Exists(place.LockFile))
        {
            throw await RunsAsync(AgentPlace.Known, stop);
        }

        // 2. A socket that a dead one has left is taken over.
        Socket? socket = null;
        try
        {
            using (var other = await AgentClient.TryConnectAsync(place, stop))
            {
                if (other is not null)
                    throw await RunsAsync(place, stop);
            }

            File.Delete(place.Socket);
            socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Bind(new UnixDomainSocketEndPoint(place.Socket));
            // Nobody can connect before it listens.
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(place.Socket, PrivateFile.Mode);
            PrivateFile.Replace(place.AddressFile, System.Text.Encoding.UTF8.GetBytes(place.Socket), flush: false);
            socket.Listen(Backlog);
            return new AgentServer(place, hold, socket);
        }
        catch
        {
            socket?.Dispose();
            await hold.DisposeAsync();
            throw;
        }
    }

    /// <summary>Answers until it is stopped.</summary>
    public async Task RunAsync(AgentRequests requests, CancellationToken stop)
    {
        // 3. Connections, a few at a time.
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var connection = await _socket.AcceptAsync(stop);
                _ = Task.Run(() => ServeAsync(connection, requests, stop), CancellationToken.None);
            }
            catch (Exception failure) when (failure is OperationCanceledException or SocketException)
            {
                // A connection that broke before it was accepted.
            }
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        File.Delete(_place.Socket);
        File.Delete(_place.AddressFile);
        _lock.Dispose();
    }

    private static async Task<AgentException> RunsAsync(AgentPlace place, CancellationToken stop)
    {
        var process = "";
        using var other = await AgentClient.TryConnectAsync(place, stop);
        try
        {
            if (other is not null)
                process = $" (process {(await other.AskAsync(new AgentRequest { Do = Protocol.Hello }, stop)).Process})";
        }
        catch (AgentException)
        {
            // It is ending.
        }

        return new AgentException(AgentException.AlreadyRuns, $"An agent of yours runs already{process}. cu agent stop ends it.");
    }

    private async Task ServeAsync(Socket connection, AgentRequests requests, CancellationToken stop)
    {
        await using var stream = new NetworkStream(connection, ownsSocket: true);
        var lines = new LineStream(stream, Protocol.MostRequestBytes);
        try
        {
            if (Interlocked.Increment(ref _connections) > MostConnections)
                await RefuseAsync(lines, new AgentException(AgentException.Busy, "Too many connections. Try again."), stop);
            else
                await ServeAsync(lines, requests, stop);
        }
        catch (AgentException failure)
        {
            await RefuseAsync(lines, failure, stop);
            await DrainAsync(connection, stop);
        }
        catch (Exception failure) when (failure is IOException or SocketException or OperationCanceledException)
        {
            // The client has disconnected or is silent, or the agent stops.
        }
        finally
        {
            _ = Interlocked.Decrement(ref _connections);
        }
    }

    private static async Task ServeAsync(LineStream lines, AgentRequests requests, CancellationToken stop)
    {
        while (true)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
            patience.CancelAfter(Patience);
            if (await lines.ReadAsync(patience.Token) is not { } line)
                return;
            AgentRequest? request;
            try
            {
                request = JsonSerializer.Deserialize(line.Span, ProtocolJson.Default.AgentRequest);
            }
            catch (JsonException)
            {
                request = null;
            }

            if (request?.Do == Protocol.End && request.Version == Protocol.Version)
            {
                await AnswerAsync(lines, Try(() => requests.Answer(request)), stop);
                requests.End();
                return;
            }

            if (request is null)
                await AnswerAsync(lines, Refusal(new AgentException(AgentException.BadRequest, "This is no request.")), stop);
            else if (request.Do == Protocol.Watch)
                await requests.WatchAsync(request, answer => AnswerAsync(lines, answer, stop), stop);
            else
                await AnswerAsync(lines, Try(() => requests.Answer(request)), stop);
        }
    }

    private static AgentAnswer Try(Func<AgentAnswer> act)
    {
        try
        {
            return act();
        }
        catch (AgentException failure)
        {
            return Refusal(failure);
        }
    }

    private static AgentAnswer Refusal(AgentException failure) => new() { Ok = false, Code = failure.Code, Message = failure.Message };

    private static async Task RefuseAsync(LineStream lines, AgentException failure, CancellationToken stop)
    {
        try
        {
            await AnswerAsync(lines, Refusal(failure), stop);
        }
        catch (Exception gone) when (gone is IOException or SocketException or OperationCanceledException)
        {
        }
    }

    /// <summary>Reads the rest of the input: otherwise closing would reset the connection, and the answer would be lost.</summary>
    private static async Task DrainAsync(Socket connection, CancellationToken stop)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(Farewell);
        try
        {
            connection.Shutdown(SocketShutdown.Send);
            var block = new byte[64 << 10];
            while (await connection.ReceiveAsync(block, patience.Token) > 0)
            {
                // It is of no use.
            }
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException)
        {
        }
    }

    /// <summary>An end that does not read is given up.</summary>
    private static async Task AnswerAsync(LineStream lines, AgentAnswer answer, CancellationToken stop)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(Patience);
        await lines.WriteAsync(answer, ProtocolJson.Default.AgentAnswer, patience.Token);
    }
}
