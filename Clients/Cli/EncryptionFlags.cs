using System.CommandLine;
using System.Text.Json.Nodes;
using ChunkUpload.Agent;
using ChunkUpload.Client;
using ChunkUpload.Client.Age;

namespace ChunkUpload.Cli;

/// <summary>For whom cu up encrypts, what cu get decrypts with, and cu keygen, which makes the keys.</summary>
internal sealed class EncryptionFlags
{
    private const string Variable = "CU_PASSPHRASE";

    private static ReadOnlySpan<byte> Intro => "chunkupload-encrypted/v1\n"u8;

    private static ReadOnlySpan<byte> AgeIntro => "age-encryption.org/v1\n"u8;

    private readonly Option<string[]> _to = new("--encrypt-to")
    {
        Description = "Encrypt here for a public key of age (age1…), or for the keys in a file; several times for several people.",
    };

    private readonly Option<string[]> _identity = new("--identity", "-i")
    {
        Description = "Decrypt with the secret keys in a file, as cu keygen writes it.",
    };

    private readonly Option<bool> _passphrase = new("--passphrase")
    {
        Description = $"Encrypt or decrypt by a passphrase, which is asked for, or is in {Variable}.",
    };

    private readonly Option<bool> _names = new("--encrypt-names")
    {
        Description = "Encrypt names, too, of a folder all that are in it; each has at most 150 bytes.",
    };

    // What was asked for once.
    private string? _given;

    public void AddToSync(Command command)
    {
        AddToUp(command);
        command.Add(_identity);
    }

    public void AddToUp(Command command)
    {
        foreach (var option in (Option[])[_to, _passphrase, _names])
            command.Add(option);
    }

    public void AddToGet(Command command)
    {
        foreach (var option in (Option[])[_identity, _passphrase])
            command.Add(option);
    }

    public void AddToShare(Command command)
    {
        _identity.Description = "Put the key of this encrypted file behind the link's #, so that its holder can open it.";
        command.Add(_identity);
    }

    /// <returns>Null if nothing is encrypted.</returns>
    public EncryptionOptions? Read(ParseResult parse)
    {
        var recipients = Tell(() => parse.GetValue(_to)?.SelectMany(AgeFiles.ReadRecipients).ToList() ?? []);
        if (parse.GetValue(_passphrase))
        {
            if (recipients.Count > 0)
                throw new UsageException("A passphrase is alone: whoever has it could change the file for the holders of keys.");
            recipients.Add(new AgePassphrase(Ask(twice: true)));
        }

        if (recipients.Count == 0 && parse.GetValue(_names))
            throw new UsageException("--encrypt-names needs --encrypt-to or --passphrase.");
        return recipients.Count == 0 ? null : new EncryptionOptions { Recipients = recipients, EncryptName = parse.GetValue(_names) };
    }

    /// <summary>The options of uploads and downloads of folders.</summary>
    public FolderOptions ReadFor(ParseResult parse, bool isUp, FolderOptions options) => isUp
        ? options with { Encryption = Read(parse), Identities = [.. ReadOwn(parse), .. ReadKeys(parse)] }
        : parse.GetValue(_to) is { Length: > 0 } || parse.GetValue(_names)
            ? throw new UsageException("--encrypt-to and --encrypt-names are for what goes up; --identity opens what comes down.")
            : options with { Identities = ReadIdentities(parse) };

    /// <summary>The secret keys among what is encrypted for: they open the key of a folder that is there already.</summary>
    public IReadOnlyList<IContentIdentity> ReadOwn(ParseResult parse) =>
        [.. OwnFiles(parse).SelectMany(file => Tell(() => AgeFiles.FindIdentities(file)))];

    /// <summary>What the agent keeps of it; a passphrase lies with it, keys stay in their files.</summary>
    public QueuedEncryption? Queue(ParseResult parse, EncryptionOptions? encryption, IReadOnlyList<IContentIdentity> identities)
    {
        var files = Values(parse, _identity).Concat(OwnFiles(parse));
        IEnumerable<object> all = [.. encryption?.Recipients ?? [], .. identities];
        return encryption is null && identities.Count == 0 ? null : new QueuedEncryption
        {
            Recipients =
            [
                .. (encryption?.Recipients ?? []).Where(recipient => recipient is not AgePassphrase).Select(recipient => recipient.Id),
            ],
            Identities = [.. files.Select(Path.GetFullPath)],
            Passphrase = all.OfType<AgePassphrase>().Any() ? _given : null,
            HidesNames = encryption?.EncryptName == true,
        };
    }

    private IEnumerable<string> OwnFiles(ParseResult parse) =>
        Values(parse, _to).Where(name => File.Exists(name) && Tell(() => AgeFiles.FindIdentities(name)).Count > 0);

    public IReadOnlyList<IContentIdentity> ReadIdentities(ParseResult parse)
    {
        var identities = ReadKeys(parse);
        if (parse.GetResult(_passphrase) is not null && parse.GetValue(_passphrase))
            identities.Add(new AgePassphrase(Ask(twice: false)));
        return identities;
    }

    private List<IContentIdentity> ReadKeys(ParseResult parse) => Tell(
        () => Values(parse, _identity).SelectMany(AgeFiles.ReadIdentities).ToList());

    /// <summary>Nothing, where a verb does not have the option.</summary>
    private static string[] Values(ParseResult parse, Option<string[]> option) =>
        parse.GetResult(option) is null ? [] : parse.GetValue(option) ?? [];

    public static IEnumerable<Command> CreateVerbs() => [CreateKeygen(), CreateReveal()];

    private static Command CreateKeygen()
    {
        var file = new Argument<string>("FILE") { Description = "The file for the secret key; it must not be there yet." };
        var hybrid = new Option<bool>("--post-quantum")
        {
            Description = "A key that withstands quantum computers, too (ML-KEM-768 with X25519); its public key has 1,959 letters.",
        };
        var command = new Command("keygen", "Make a key for encrypted files, as age-keygen does") { file, hybrid };
        command.SetAction((parse, _) => Output.RunAsync(parse, output =>
        {
            var path = parse.GetValue(file)!;
            var shown = Tell(() => parse.GetValue(hybrid) ? AgeFiles.CreateHybrid(path).ToString() : AgeFiles.Create(path).ToString());
            output.Result(shown, new JsonObject { ["ok"] = true, ["file"] = path, ["publicKey"] = shown });
            output.Note($"The secret key lies in {path}. Whoever loses it loses what was encrypted for it: keep a copy elsewhere.");
            return Task.FromResult(ExitCodes.Done);
        }));
        return command;
    }

    private static Command CreateReveal()
    {
        var source = new Argument<string>("SOURCE") { Description = "A path or an id." };
        var command = new Command("reveal", "Print the key of one encrypted file: behind the # of a share link it opens this file")
        {
            source,
        };
        var flags = new EncryptionFlags();
        flags.AddToGet(command);
        command.SetAction((parse, stop) => Output.RunAsync(parse, async output =>
        {
            var identities = flags.ReadIdentities(parse);
            if (identities.Count == 0)
                throw new UsageException("Whose? Give --identity or --passphrase.");
            using var client = Target.Of(parse).Client();
            var key = await client.GetContentKeyAsync(
                parse.GetValue(source)!, identities, parse.GetValue(CommandTree.Space), stop);
            output.Result(key.ToFragment(), new JsonObject { ["ok"] = true, ["fragment"] = key.ToFragment() });
            return ExitCodes.Done;
        }));
        return command;
    }

    /// <summary>Returns a note about a file that was downloaded in its encrypted form.</summary>
    public static void NoteIfEncrypted(string? file, DownloadOptions options, Output output)
    {
        if (file is null || options.Identities.Count > 0)
            return;
        Span<byte> start = stackalloc byte[Intro.Length];
        using (var content = File.OpenHandle(file))
        {
            if (RandomAccess.Read(content, start, 0) is var read && start[..read].StartsWith(AgeIntro))
            {
                output.Note($"{file} is a file of age. Open it here: cu decrypt {file} --identity FILE");
                return;
            }

            if (!start[..read].SequenceEqual(Intro))
                return;
        }

        output.Note($"{file} is encrypted. Fetch it with --identity FILE or --passphrase to open it.");
    }

    private string Ask(bool twice) => _given ??= AskOnce(twice);

    private static string AskOnce(bool twice)
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given)
            return given;
        var passphrase = Read("Passphrase: ");
        if (passphrase.Length == 0 || (twice && Read("Once more: ") != passphrase))
            throw new UsageException("The passphrases differ, or are empty.");
        return passphrase;
    }

    private static string Read(string question) => TerminalSecret.Ask(question)
        ?? throw new UsageException($"There is no terminal to ask for the passphrase. Set {Variable}.");

    private static T Tell<T>(Func<T> act)
    {
        try
        {
            return act();
        }
        catch (Exception failure) when (failure is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new UsageException(failure.Message);
        }
    }
}
