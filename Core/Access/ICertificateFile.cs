namespace ChunkUpload.Core.Access;

/// <summary>Keeps the service's own certificate with its key where only the service's own user can read it.</summary>
public interface ICertificateFile
{
    /// <summary>In the data directory.</summary>
    const string Name = "tls.pem";

    string Path { get; }

    /// <summary>Null when there is none. Refuses the start when others can read it, or it cannot be read.</summary>
    string? Read();

    /// <summary>Durable when it comes back; takes the place of a former one.</summary>
    void Replace(string pem);
}
