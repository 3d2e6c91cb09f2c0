using System.CommandLine;
using System.Globalization;
using System.Text;
using ChunkUpload.Client;

namespace ChunkUpload.Cli.Manual;

/// <summary>A manual page in the language of man(7).</summary>
internal sealed class ManPage
{
    private static readonly (string Command, string Meaning)[] Examples =
    [
        ("cu login https://files.example", "Get a key, which you confirm in the console."),
        ("cu up film.mp4 --to 2026/", "Send a file into a folder. After any failure, the same command resumes it."),
        ("tar c photos | cu up - --to backup/photos.tar", "Send standard input."),
        ("cu sync photos :2026/photos --delete-extra", "Mirror a local folder."),
        ("cu check photos --to 2026/photos && rm -r photos", "Delete the files only if the service has them."),
        ("cu share 2026/film.mp4 --expires 30d", "Make a link for somebody without an account."),
        ("cu get 2026/film.mp4 -o - | ffprobe -", "Fetch to standard output."),
    ];

    private static readonly (string Name, string Meaning)[] Variables =
    [
        ("CU_URL", "The service's address."), ("CU_KEY", "The key."), ("CU_KEY_FILE", "A file with the key."),
        ("CU_PROFILE", "The profile to use."), ("NO_COLOR", "If it is set, the output has no colours."),
        ("XDG_CONFIG_HOME, XDG_STATE_HOME", "The folders of the profiles and of the state of unfinished transfers."),
        ("HTTPS_PROXY, HTTP_PROXY, NO_PROXY", "The proxy on the way."),
    ];

    private readonly StringBuilder _text = new();

    public static string Of(Command root)
    {
        var page = new ManPage();
        page.Write(root);
        return page._text.ToString();
    }

    private void Write(Command root)
    {
        Macro($""".TH CU 1 "" "cu {Target.Version}" "ChunkUpload" """.TrimEnd());
        Section("NAME");
        Line("cu - send files to a ChunkUpload service and fetch them");
        Section("SYNOPSIS");
        Macro(".B cu");
        Line("VERB [ARGUMENT...] [OPTION...]");
        Section("DESCRIPTION");
        Line(root.Description!);
        Section("VERBS");
        foreach (var verb in root.Subcommands.Where(verb => !verb.Hidden))
            Verb("cu", verb);
        Section("OPTIONS OF ALL VERBS");
        foreach (var option in root.Options.Where(option => option.Recursive))
            Option(option);
        Section("EXIT STATUS");
        foreach (var (code, meaning) in ExitCodes.All)
            Item(code.ToString(CultureInfo.InvariantCulture), meaning);
        Section("ENVIRONMENT");
        foreach (var (name, meaning) in Variables)
            Item(name, meaning);
        Section("FILES");
        Item(Home(Settings.File), "Profiles, and keys where there is no keyring.");
        Item(Home(ChunkUploadClient.DefaultStateDirectory), "The state of unfinished transfers.");
        Section("EXAMPLES");
        foreach (var (command, meaning) in Examples)
            Item(command, meaning);
    }

    private void Verb(string above, Command verb)
    {
        var arguments = verb.Arguments.Select(argument => argument.Arity switch
        {
            { MinimumNumberOfValues: 0 } => $" [{argument.Name}]",
            { MaximumNumberOfValues: > 1 } => $" {argument.Name}...",
            _ => $" {argument.Name}",
        });
        Macro($""".SS "{Escape($"{above} {verb.Name}{string.Concat(arguments)}")}" """.TrimEnd());
        Line(verb.Description! + ".");
        foreach (var argument in verb.Arguments)
            Item(argument.Name, argument.Description!);
        foreach (var option in verb.Options.Where(option => !option.Hidden && !option.Recursive))
            Option(option);
        foreach (var below in verb.Subcommands)
            Verb($"{above} {verb.Name}", below);
    }

    private void Option(Option option)
    {
        var names = string.Join(", ", new[] { option.Name }.Concat(option.Aliases.Order(StringComparer.Ordinal)));
        var type = Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType;
        type = type.IsArray ? type.GetElementType()! : type;
        var value = type == typeof(bool) || option.Arity.MaximumNumberOfValues == 0 ? ""
            : type.IsEnum ? " " + string.Join('|', type.GetEnumNames().Select(name => name.ToLowerInvariant()))
            : " VALUE";
        Item(names + value, option.Description!);
    }

    private void Section(string name) => Macro($".SH {name}");

    private void Item(string name, string meaning)
    {
        Macro(".TP");
        Macro($".B {Escape(name)}");
        Line(meaning);
    }

    private void Line(string text) => Macro(Escape(text) is ['.' or '\'', ..] dotted ? @"\&" + dotted : Escape(text));

    private void Macro(string line) => _text.Append(line).Append('\n');

    private static string Home(string path)
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return home.Length > 0 && path.StartsWith(home, StringComparison.Ordinal) ? "~" + path[home.Length..] : path;
    }

    private static string Escape(string text) => text.Replace(@"\", @"\e", StringComparison.Ordinal)
        .Replace("-", @"\-", StringComparison.Ordinal).Replace("\"", @"\(dq", StringComparison.Ordinal);
}
