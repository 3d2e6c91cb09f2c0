using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Nodes;

namespace ChunkUpload.Api.Cli;

/// <summary>The parsed command line: a verb, its switches, and settings.</summary>
internal sealed record CommandLine(string Verb, IReadOnlySet<string> Switches, IReadOnlyList<KeyValuePair<string, string>> Settings)
{
    /// <summary>The command of users, keys, links, connections, nodes and audit; null for other verbs.</summary>
    public AdminCommand? Admin { get; init; }

    /// <summary>The folder of a backup or of the documents; null for other verbs.</summary>
    public string? Folder { get; init; }

    public bool IsServe => Verb is DefaultVerb or WorkerVerb;

    /// <summary>Settings that the verb implies; those of the command line override them.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Implied =>
        Verb == WorkerVerb ? [KeyValuePair.Create("Cluster:Roles", nameof(NodeRoles.Work))] : [];

    public const string Usage = """
        ChunkUpload receives large files over bad networks and never loses a byte it has acknowledged.

        usage: chunkupload [verb] [--data DIR] [--urls URL] [--tls] [--Section:Name=value ...]

        The command is ./tools/run in a checkout and ./ChunkUpload.Api in an unpacked archive.

          serve                        run the service (the default)
          worker                       run one of several nodes that takes work and jobs and serves no clients, as with
                                       --Cluster:Roles=Work
          migrate                      bring the database to this version's schema and end
          check-config                 show every setting in force with its source; secrets are masked
          fsck [--deep] [--mend] [--json]
                                       compare the ledger with the stored files, also while the service runs, and end;
                                       --deep reads every stored byte; --mend lets uploads out of quarantine whose
                                       files are whole again
          backup DIR                   copy the ledger and the files that it names to DIR, also while the service runs; what DIR has
                                       already is not copied again
          restore DIR [--deep]         bring a backup back to an empty data directory and an empty database, and check it as
                                       fsck does; keys and links are disabled then
          add-volume                   let a ledger that names files elsewhere keep files in this data directory, too,
                                       which has none: one that is added, or in the place of one that is lost
          signin-link                  print a link that signs one browser in, within 15 minutes; also while the service runs
          reset-sessions               sign every browser out, also while the service runs; without cookie.key, while it is
                                       stopped, also forget what that protected
          users add NAME [--operator] [--role=ROLE] [--tenant=T] [--title=TEXT] [--email=ADDRESS]
                                       add a person, and print a link with which that person chooses a password;
                                       --operator: who may do everything. ROLE: viewer, member (the default) or admin
          users list | disable NAME | enable NAME | role NAME ROLE [--tenant=T] | remove NAME | reset NAME [--second-factor]
                                       ROLE may also be none, operator, no-operator; reset prints a link for a new password
                                       and removes a second factor that is lost
          keys add NAME --scopes=upload,read,... [--user=NAME] [--tenant=T] [--days=N]
          keys list | revoke ID | enable ID | rotate ID [--overlap=1d]
                                       keys for programs: of a user, or of the tenant; a secret is printed once
          links list [--tenant=T] | revoke ID | enable ID
                                       addresses for uploading and downloading without a key; what a restored backup has
                                       disabled is enabled by its ID, or by "all"
          connections add KIND [--secret=FILE] [--title=TEXT] | renew ID [--secret=FILE] | list | remove ID
                                       [--user=NAME] [--tenant=T]
                                       accounts at other storages, of the operator or of a user. Without a FILE a person signs in
                                       with a browser anywhere: onedrive prints a code, google-drive takes the address back. FILE
                                       has a refresh token, the JSON of a service account's key, or for s3 two lines, the id and
                                       the secret of a key (and --bucket= --region= --endpoint= --prefix=); - is standard input
          nodes list | drain NAME | resume NAME | forget NAME
                                       the services that share this ledger; one that is drained begins no uploads and takes no work;
                                       one that runs no more can be forgotten
          audit verify [--expect=NUMBER:CHAIN] | export [--tenant=T] [--subject=S] [--kind=K]
                                       verify that no row of the audit was changed; print it, one JSON object a line
                                       all of these also work while the service runs, and hold within two seconds
          print-settings [--markdown]  list every setting with its default and meaning
          print-env-example            the same as a file of variables, .env.example
          docs DIR                     write the documents as a site to DIR, to be read without a service, which has them at /docs
          health                       ask the service that has the same settings whether it is ready, and end

          --data DIR                   the data directory (Data:Directory)
          --urls URL                   the addresses to listen on (Host:Urls), as in --urls http://0.0.0.0:9000
          --tls                        https on every address (Host:Tls), with a certificate of its own unless one is named
          --demo                       only in a checkout, with ./tools/run: invented files, people, history, uploads and transfers in
                                       a data directory of its own, which is deleted at the end
          --help, --version

        Settings come from, the strongest first: the command line (--Section:Name=value); the environment
        (ChunkUpload__Section__Name, or ChunkUpload__Section__Name_FILE with a file that holds the value); the file of such
        variables, which is /etc/chunkupload/chunkupload.env for the installed command and .env in a checkout (an archive has
        none; print-env-example lists every variable); appsettings.json beside the program.
        Exit code 0: done; 2: refused, with the reason; 1: failed, or fsck found something.
        """;

    private const string DefaultVerb = "serve";
    private const string WorkerVerb = "worker";

    private static readonly Dictionary<string, string[]> Verbs = new(StringComparer.Ordinal)
    {
        [DefaultVerb] = [],
        [WorkerVerb] = [],
        ["migrate"] = [],
        ["check-config"] = [],
        ["add-volume"] = [],
        ["fsck"] = ["--deep", "--mend", "--json"],
        ["backup"] = [],
        ["restore"] = ["--deep", "--json"],
        ["signin-link"] = [],
        ["reset-sessions"] = [],
        ["users"] = [],
        ["keys"] = [],
        ["links"] = [],
        ["connections"] = [],
        ["nodes"] = [],
        ["audit"] = [],
        ["print-settings"] = ["--markdown"],
        ["print-env-example"] = [],
        ["docs"] = [],
        ["health"] = [],
    };

    /// <summary>Former verbs, with the command that has replaced each.</summary>
    private static readonly Dictionary<string, string> Moved = new(StringComparer.Ordinal)
    {
        ["tenants"] = "cu admin tenants",
        ["limits"] = "cu admin limits",
        ["transfers"] = "cu transfers",
    };

    private static readonly Dictionary<string, string> Shorthands = new(StringComparer.Ordinal)
    {
        ["--data"] = "Data:Directory",
        ["--urls"] = "Host:Urls",
    };

    /// <exception cref="StartRefusedException">An argument is invalid.</exception>
    public static CommandLine Parse(IReadOnlyList<string> args)
    {
        string? verb = null, folder = null;
        var switches = new HashSet<string>(StringComparer.Ordinal);
        var settings = new List<KeyValuePair<string, string>>();
        var (words, options) = (new List<string>(), new List<string>());
        for (var i = 0; i < args.Count; i++)
        {
            var arg = args[i];
            if (arg is "--help" or "-h" or "--version")
                return new CommandLine(arg == "--version" ? "version" : "help", switches, settings);
            if (!arg.StartsWith('-'))
            {
                if (verb is not null && AdminAction.IsVerb(verb))
                {
                    words.Add(arg);
                    continue;
                }

                if (TakesFolder(verb) && folder is null)
                {
                    folder = arg;
                    continue;
                }

                // If an unknown switch came before, this may be its value; report the switch.
                RefuseUnknown(verb, switches);
                if (verb is not null || !Verbs.ContainsKey(arg))
                    throw new StartRefusedException($"\"{arg}\" is not understood here{Remedy(verb, arg)}");
                verb = arg;
                continue;
            }

            if (arg == "--tls")
            {
                settings.Add(KeyValuePair.Create("Host:Tls", "true"));
                continue;
            }

            var equals = arg.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? arg : arg[..equals];
            if (Shorthands.GetValueOrDefault(name) is { } key || (key = KeyOf(name)) is not null)
            {
                if (equals < 0 && i + 1 == args.Count)
                    throw new StartRefusedException($"{name} needs a value.");
                settings.Add(KeyValuePair.Create(key, equals < 0 ? args[++i] : arg[(equals + 1)..]));
                continue;
            }

            if (verb is not null && AdminAction.IsVerb(verb))
                options.Add(equals < 0 && AdminAction.TakesValue(verb, arg) && i + 1 < args.Count ? $"{arg}={args[++i]}" : arg);
            else
                _ = switches.Add(arg);
        }

        RefuseUnknown(verb, switches);
        verb ??= DefaultVerb;
        if (AdminAction.IsVerb(verb))
            return new CommandLine(verb, switches, settings) { Admin = AdminCommand.Parse(verb, words, options) };
        if (TakesFolder(verb) && string.IsNullOrWhiteSpace(folder))
            throw new StartRefusedException(verb == "docs"
                ? "docs needs the folder to write to, as in docs /tmp/docs."
                : $"{verb} needs the backup's folder, as in {verb} /backup.");
        return new CommandLine(verb, switches, settings) { Folder = folder };
    }

    private static bool TakesFolder(string? verb) => verb is "backup" or "restore" or "docs";

    /// <param name="verb">Null before the verb.</param>
    private static void RefuseUnknown(string? verb, HashSet<string> switches)
    {
        var own = Verbs[verb ?? DefaultVerb];
        if (switches.FirstOrDefault(given => !own.Contains(given)) is not { } unknown)
            return;
        var name = unknown.Split('=')[0];
        string[] known = [.. own, "--tls", "--help", "--version"];
        if (known.Contains(name))
            throw new StartRefusedException($"{name} takes no value: write it alone, or leave it out.");
        var remedy = name is "--port" or "-p" or "--url" or "--host"
            ? ": name address and port with --urls, as in --urls http://127.0.0.1:9000."
            : VerbWith(name) is { } other
            ? $": it belongs to another verb, which comes first, as in {other} {name}."
            : Suggestion(name, [.. known, .. Shorthands.Keys]);
        throw new StartRefusedException($"{verb ?? DefaultVerb} does not know {name}{remedy}");
    }

    private static string? VerbWith(string name) =>
        Verbs.Keys.FirstOrDefault(verb => Verbs[verb].Contains(name))
        ?? AdminAction.All.FirstOrDefault(action => action.Options.Any(option => option.TrimEnd('=') == name))?.Usage;

    private static string Remedy(string? verb, string given) =>
        verb is not null ? Suggestion(given, [])
        : Moved.TryGetValue(given, out var command) ? $": use {command}."
        : NearestName.Of(given, Verbs.Keys) is { } nearest ? $": did you mean {nearest}?"
        : $"; the verbs are {string.Join(", ", Verbs.Keys)}. --help explains them.";

    private static string Suggestion(string given, IEnumerable<string> known) =>
        NearestName.Of(given, known) is { } nearest ? $": did you mean {nearest}?" : "; --help lists what there is.";

    private static string? KeyOf(string name) =>
        name.StartsWith("--", StringComparison.Ordinal) && name.Contains(':', StringComparison.Ordinal) ? name[2..] : null;
}
