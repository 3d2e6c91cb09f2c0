namespace ChunkUpload.Core.Access;

/// <summary>Small files of the data directory, by name, that only the service's own user can read.</summary>
public interface IOwnerOnlyFiles
{
    string PathOf(string name);

    /// <summary>Null when there is none. Refuses the start when others can read it, or it cannot be read.</summary>
    /// <param name="remedy">What the operator does about a file that others can read.</param>
    string? Read(string name, string remedy);

    /// <summary>Durable when it returns; takes the place of an earlier file.</summary>
    void Replace(string name, string text);
}
