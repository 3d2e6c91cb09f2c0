using ChunkUpload.Emulators.Control;

namespace ChunkUpload.Emulators;

/// <summary>The parsed arguments.</summary>
internal sealed record CommandLine(Emulator Emulator, EmulatorOptions Options)
{
    /// <summary>Each emulator under its word.</summary>
    private static readonly Dictionary<string, Func<Emulator>> Known = new()
    {
        ["drive"] = () => new Drive.DriveEmulator(),
        ["graph"] = () => new Graph.GraphEmulator(),
        ["s3"] = () => new S3.S3Emulator(),
    };

    public static string Help =>
        $"""
        emulators {string.Join('|', Known.Keys)} [options]
          --urls URL          where to listen, once for each listener; port 0 takes a free port (http://127.0.0.1:0)
          --data FOLDER       where uploaded content is stored (a temporary folder)
          --account EMAIL     an account, once for each (ann@example.test, ben@example.test)
          --client ID:SECRET:REDIRECT
                              a client that may sign people in, once for each; without one, every client may
          --demo              begins with a tree of plausible files
          --sink              hashes uploaded content and throws it away
          --certificate PEM --key PEM
                              for addresses that begin with https
        Prints the name and the addresses when it serves. {"/_control"} has faults, clock, journal and seeds: see README.md.
        """;

    /// <summary>Null asks for help.</summary>
    public static CommandLine? Parse(IReadOnlyList<string> arguments)
    {
        if (arguments.Count == 0 || arguments[0] is "--help" or "-h")
            return null;
        if (!Known.TryGetValue(arguments[0], out var make))
            throw new ControlException($"There is no emulator '{arguments[0]}'. There are: {string.Join(", ", Known.Keys)}.");
        List<string> urls = [];
        List<EmulatedAccount> accounts = [];
        List<Control.OAuth.OAuthClient> clients = [];
        var options = new EmulatorOptions();
        for (var index = 1; index < arguments.Count; index++)
        {
            string Value() => ++index < arguments.Count
                ? arguments[index]
                : throw new ControlException($"{arguments[index - 1]} needs a value.");
            switch (arguments[index])
            {
                case "--urls":
                    urls.AddRange(Value().Split(';'));
                    break;
                case "--data":
                    options = options with { DataFolder = Value() };
                    break;
                case "--account":
                    var email = Value();
                    accounts.Add(new EmulatedAccount(email, email.Split('@')[0]));
                    break;
                case "--client":
                    var parts = Value().Split(':', 3);
                    if (parts.Length < 3)
                        throw new ControlException("--client takes ID:SECRET:REDIRECT.");
                    clients.Add(new Control.OAuth.OAuthClient(parts[0], parts[1], [parts[2]]));
                    break;
                case "--demo":
                    options = options with { Demo = true };
                    break;
                case "--sink":
                    options = options with { Sink = true };
                    break;
                case "--certificate":
                    options = options with { CertificateFile = Value() };
                    break;
                case "--key":
                    options = options with { KeyFile = Value() };
                    break;
                default:
                    throw new ControlException($"There is no option '{arguments[index]}'.");
            }
        }

        return new CommandLine(make(), options with
        {
            Urls = urls.Count > 0 ? urls : options.Urls,
            Accounts = accounts.Count > 0 ? accounts : options.Accounts,
            Clients = clients,
        });
    }
}
