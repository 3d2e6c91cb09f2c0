using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Api.Cli;

/// <summary>An action of a verb, such as users add, with its arguments and options.</summary>
/// <param name="Arguments">Their names in the usage.</param>
/// <param name="Options">Those with a value end with "=".</param>
internal sealed record AdminAction(string Verb, string Name, string[] Arguments, params string[] Options)
{
    public static IReadOnlyList<AdminAction> All { get; } =
    [
        new("users", "add", ["NAME"], "--operator", "--role=", "--tenant=", "--title=", "--email="),
        new("users", "list", [], "--tenant="),
        new("users", "disable", ["NAME"]),
        new("users", "enable", ["NAME"]),
        new("users", "reset", ["NAME"], "--second-factor"),
        new("users", "role", ["NAME", "ROLE"], "--tenant="),
        new("users", "remove", ["NAME"]),
        new("keys", "add", ["NAME"], "--scopes=", "--user=", "--tenant=", "--days="),
        new("keys", "list", [], "--tenant=", "--user="),
        new("keys", "revoke", ["ID"]),
        new("keys", "enable", ["ID"]),
        new("keys", "rotate", ["ID"], "--overlap="),
        new("links", "list", [], "--tenant="),
        new("links", "revoke", ["ID"]),
        new("links", "enable", ["ID"]),
        new(
            "connections", "add", ["KIND"], "--secret=", "--title=", "--user=", "--tenant=", "--endpoint=", "--region=", "--bucket=",
            "--prefix="),
        new("connections", "renew", ["ID"], "--secret=", "--user=", "--tenant="),
        new("connections", "list", [], "--user=", "--tenant="),
        new("connections", "remove", ["ID"], "--user=", "--tenant="),
        new("nodes", "list", []),
        new("nodes", "drain", ["NAME"]),
        new("nodes", "resume", ["NAME"]),
        new("nodes", "forget", ["NAME"]),
        new("audit", "verify", [], "--expect="),
        new("audit", "export", [], "--tenant=", "--subject=", "--kind="),
    ];

    public static bool IsVerb(string verb) => All.Any(action => action.Verb == verb);

    /// <summary>Returns whether the option has a value, which may be a separate argument.</summary>
    public static bool TakesValue(string verb, string option) =>
        All.Any(action => action.Verb == verb && action.Options.Contains(option + "="));

    public string Usage => string.Join(' ', [Verb, Name, .. Arguments]);
}

/// <summary>A command of an operator on the machine.</summary>
internal sealed record AdminCommand(AdminAction Action, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Options)
{
    public string? Option(string name) => Options.GetValueOrDefault(name);

    /// <exception cref="StartRefusedException">An argument is invalid.</exception>
    public static AdminCommand Parse(string verb, IReadOnlyList<string> words, IReadOnlyList<string> given)
    {
        var actions = AdminAction.All.Where(action => action.Verb == verb).ToList();
        if (words.Count == 0 || actions.Find(one => one.Name == words[0]) is not { } action)
        {
            var names = string.Join(", ", actions.Select(one => one.Name));
            throw new StartRefusedException(words.Count == 0
                ? $"{verb} needs an action: {names}."
                : $"{verb} does not know \"{words[0]}\"; it knows {names}.");
        }

        if (words.Count - 1 != action.Arguments.Length)
        {
            var known = action.Options.Length == 0 ? "" : $" [{string.Join("] [", action.Options)}]";
            throw new StartRefusedException($"Write {action.Usage}{known}.");
        }

        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var option in given)
        {
            var equals = option.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? option : option[..(equals + 1)];
            if (!action.Options.Contains(name))
                throw new StartRefusedException($"{action.Usage} does not know {option}{Hint(name, action)}");
            if (!options.TryAdd(name.TrimEnd('='), equals < 0 ? "" : option[(equals + 1)..]))
                throw new StartRefusedException($"{name.TrimEnd('=')} comes twice.");
        }

        return new AdminCommand(action, [.. words.Skip(1)], options);
    }

    private static string Hint(string name, AdminAction action) =>
        action.Options.FirstOrDefault(one => one.TrimEnd('=') == name.TrimEnd('=')) is { } form
            ? $": write it as {form}{(form.EndsWith('=') ? "VALUE" : "")}."
            : NearestName.Of(name, action.Options) is { } nearest ? $": did you mean {nearest}?" : "; --help lists what there is.";
}
