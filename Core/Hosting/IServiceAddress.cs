namespace ChunkUpload.Core.Hosting;

/// <summary>Publishes the address of the running service for commands on the same machine, which print it in links.</summary>
public interface IServiceAddress
{
    /// <exception cref="IOException">It cannot be written.</exception>
    void Announce(string address);
}
