namespace ChunkUpload.Client.Age;

/// <summary>Files of keys as age and age-keygen write them: a key a line, and comments behind <c>#</c>.</summary>
public static class AgeFiles
{
    /// <summary>For whom to encrypt: a public key, or a file of public or secret keys. A secret key stands for its public one.</summary>
    /// <exception cref="FormatException">A key is none.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyList<AgeRecipient> ReadRecipients(string keyOrFile)
    {
        ArgumentNullException.ThrowIfNull(keyOrFile);
        return keyOrFile.StartsWith(AgeRecipient.Prefix + "1", StringComparison.OrdinalIgnoreCase) && !File.Exists(keyOrFile)
            ? [AgeRecipient.Parse(keyOrFile)]
            : Read(keyOrFile, "public", line => IsSecret(line) ? AgeIdentity.Parse(line).Recipient : AgeRecipient.Parse(line));
    }

    /// <summary>The secret keys of a file.</summary>
    /// <exception cref="FormatException">A key is none.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyList<AgeIdentity> ReadIdentities(string file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return Read(file, "secret", AgeIdentity.Parse);
    }

    /// <summary>The secret keys among the keys of a file, which may have none.</summary>
    /// <exception cref="FormatException">A key is none.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyList<AgeIdentity> FindIdentities(string file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return [.. File.ReadLines(file).Select(line => line.Trim()).Where(IsSecret).Select(AgeIdentity.Parse)];
    }

    /// <summary>Writes a new secret key to a new file, which only its owner can read.</summary>
    /// <exception cref="IOException">The file is there already, or cannot be written.</exception>
    public static AgeIdentity Create(string file)
    {
        var identity = AgeIdentity.Create();
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var text = new StreamWriter(file, options);
        text.Write($"# public key: {identity.Recipient}\n{identity.ToSecretText()}\n");
        return identity;
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
