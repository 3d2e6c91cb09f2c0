namespace ChunkUpload.Core.Access;

/// <summary>Keeps the operator key's text where only the service's own user can read it.</summary>
public interface IOperatorKeyFile
{
    string Path { get; }

    /// <summary>
    /// The text that is kept; when there is none yet, <paramref name="fresh"/>, durable before it comes back. Never replaces a file.
    /// Refuses the start when others can read the file, or when it cannot be read or written.
    /// </summary>
    string ReadOrCreate(string fresh);
}
