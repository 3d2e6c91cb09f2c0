namespace ChunkUpload.Core.Hosting;

/// <summary>Tells verbs on the same machine where the running service is reached, so that the links they print lead there.</summary>
public interface IServiceAddress
{
    /// <exception cref="IOException">It cannot be written.</exception>
    void Announce(string address);
}
