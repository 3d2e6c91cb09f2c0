namespace ChunkUpload.Client.Age;

/// <summary>Files of keys as age and age-keygen write them: a key a line, and comments behind <c>#</c>.</summary>
public static class AgeFiles
{
    /// <summary>For whom to encrypt: a public key, or a file of public or secret keys. A secret key stands for its public one.</summary>
    /// <exception cref="FormatException">A key is none.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyList<IContentRecipient> ReadRecipients(string keyOrFile)
    {
        ArgumentNullException.ThrowIfNull(keyOrFile);
        return keyOrFile.StartsWith(AgeRecipient.Prefix + "1", StringComparison.OrdinalIgnoreCase) && !File.Exists(keyOrFile)
            ? [ParseRecipient(keyOrFile)]
            : Read(keyOrFile, "public", line => IsSecret(line) ? RecipientOf(ParseIdentity(line)) : ParseRecipient(line));
    }

    /// <summary>The secret keys of a file.</summary>
    /// <exception cref="FormatException">A key is none.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyList<IContentIdentity> ReadIdentities(string file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return Read(file, "secret", ParseIdentity);
    }

    /// <summary>The secret keys among the keys of a file, which may have none.</summary>
    /// <exception cref="FormatException">A key is none.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyList<IContentIdentity> FindIdentities(string file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return [.. File.ReadLines(file).Select(line => line.Trim()).Where(IsSecret).Select(ParseIdentity)];
    }

    /// <summary>Writes a new secret key to a new file, which only its owner can read.</summary>
    /// <exception cref="IOException">The file is there already, or cannot be written.</exception>
    public static AgeIdentity Create(string file)
    {
        var identity = AgeIdentity.Create();
        Write(file, identity.ToString(), identity.ToSecretText());
        return identity;
    }

    /// <summary>Writes a new secret key that withstands quantum computers to a new file, which only its owner can read.</summary>
    /// <exception cref="IOException">The file is there already, or cannot be written.</exception>
    public static AgeHybridIdentity CreateHybrid(string file)
    {
        var identity = AgeHybridIdentity.Create();
        Write(file, identity.ToString(), identity.ToSecretText());
        return identity;
    }

    /// <exception cref="FormatException">It is no secret key.</exception>
    internal static IContentIdentity ParseIdentity(string text) =>
        text.StartsWith(AgeHybridIdentity.Prefix, StringComparison.OrdinalIgnoreCase)
            ? AgeHybridIdentity.Parse(text)
            : AgeIdentity.Parse(text);

    private static IContentRecipient ParseRecipient(string text) =>
        text.StartsWith(AgeHybridRecipient.Prefix + "1", StringComparison.OrdinalIgnoreCase)
            ? AgeHybridRecipient.Parse(text)
            : AgeRecipient.Parse(text);

    private static IContentRecipient RecipientOf(IContentIdentity identity) =>
        identity is AgeHybridIdentity hybrid ? hybrid.Recipient : ((AgeIdentity)identity).Recipient;

    private static void Write(string file, string shown, string secret)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var text = new StreamWriter(file, options);
        text.Write($"# public key: {shown}\n{secret}\n");
    }

    private static bool IsSecret(string line) => line.StartsWith(AgeIdentity.Prefix, StringComparison.OrdinalIgnoreCase);

    private static List<T> Read<T>(string file, string kind, Func<string, T> parse)
    {
        var keys = new List<T>();
        var number = 0;
        foreach (var line in File.ReadLines(file).Select(line => line.Trim()))
        {
            number++;
            if (line.Length == 0 || line[0] == '#')
                continue;
            try
            {
                keys.Add(parse(line));
            }
            catch (FormatException failure)
            {
                // The line itself may be a secret.
                throw new FormatException($"Line {number} of {file} is no {kind} key: {failure.Message}", failure);
            }
        }

        return keys.Count > 0 ? keys : throw new FormatException($"{file} has no {kind} key.");
    }
}
