namespace ChunkUpload.Cli.Login;

/// <summary>A place of the system for secrets, of which there is one at most.</summary>
internal interface IKeyring
{
    /// <summary>The name for users.</summary>
    string Name { get; }

    /// <returns>Null if it is stored; else why not.</returns>
    string? Store(string profile, Uri service, string key);

    /// <returns>No key: it has none, and perhaps a fault why.</returns>
    (string? Key, string Fault) Find(string profile, Uri service);

    void Forget(string profile, Uri service);

    /// <returns>Null if it answers; otherwise, the reason.</returns>
    string? Fault();
}
