using ChunkUpload.Client;

namespace ChunkUpload.Agent;

/// <summary>The paths of the agent's files: its socket in the user's runtime directory, the rest in the state directory.</summary>
/// <param name="Socket">The socket.</param>
/// <param name="Folder">The queue, the lock, and where the socket is.</param>
internal sealed record AgentPlace(string Socket, string Folder)
{
    // The longest that all systems take, with its end.
    private const int MostSocketBytes = 104;

    /// <summary>Gets the paths for a new agent.</summary>
    public static AgentPlace New
    {
        get
        {
            var folder = Path.Combine(ChunkUploadClient.DefaultStateDirectory, "agent");
            var runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
            var socket = Path.Combine(
                runtime is { Length: > 0 } && Path.IsPathRooted(runtime) && Directory.Exists(runtime)
                    ? Path.Combine(runtime, "chunkupload")
                    : folder,
                "agent.sock");
            return System.Text.Encoding.UTF8.GetByteCount(socket) < MostSocketBytes
                ? new AgentPlace(socket, folder)
                : throw new AgentException(
                    AgentException.PathTooLong,
                    $"{socket} is too long for a socket. Set XDG_RUNTIME_DIR to a folder with a shorter name.");
        }
    }

    /// <summary>Gets the paths of the running agent, which may have another runtime directory.</summary>
    public static AgentPlace Known
    {
        get
        {
            var place = New;
            try
            {
                return File.ReadAllText(place.AddressFile).Trim() is { Length: > 0 } socket ? place with { Socket = socket } : place;
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                return place;
            }
        }
    }

    public string LockFile => Path.Combine(Folder, "lock");

    /// <summary>Names the socket.</summary>
    public string AddressFile => Path.Combine(Folder, "socket");
}
