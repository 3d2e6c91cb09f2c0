namespace ChunkUpload.Core.Access;

/// <summary>Small files of the data directory, identified by name, that only the service's own user can read.</summary>
public interface IOwnerOnlyFiles
{
    string PathOf(string name);

    /// <summary>
    /// Returns null if the file does not exist. Refuses the start if other users can read the file, or if it cannot be read.
    /// </summary>
    /// <param name="remedy">Tells the operator how to handle a file that others can read.</param>
    string? Read(string name, string remedy);

    /// <summary>Writes the file durably and replaces an earlier one.</summary>
    void Replace(string name, string text);
}
