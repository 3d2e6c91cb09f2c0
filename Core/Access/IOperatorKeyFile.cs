namespace ChunkUpload.Core.Access;

/// <summary>Stores the operator key where only the service's own user can read it.</summary>
public interface IOperatorKeyFile
{
    string Path { get; }

    /// <summary>
    /// Returns the stored text, or stores <paramref name="fresh"/> durably and returns it. Never replaces a file. Refuses the start if
    /// other users can read the file, or if it cannot be read or written.
    /// </summary>
    string ReadOrCreate(string fresh);
}
