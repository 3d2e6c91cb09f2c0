using ChunkUpload.Api.Hosting;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Fsck;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Api.Cli;

/// <summary>
/// The verbs users, keys, links, connections, nodes and audit, for operators on the machine. They work with and without a running service,
/// which applies changes within a second. <c>cu admin</c> does the rest over the API. Output for programs is written to standard output,
/// messages for people to standard error.
/// </summary>
internal static class AdminVerbs
{
    public static async Task<int> RunAsync(AdminCommand command, IServiceProvider services, CancellationToken cancellationToken)
    {
        await using var visit = await services.GetRequiredService<IFsckTarget>().OpenAsync(cancellationToken);
        if (command.Action.Verb == "audit")
            return await new AuditVerbs(services, command).RunAsync(cancellationToken);
        await (command.Action.Verb switch
        {
            "users" => new UserVerbs(services, command, AccessVerbs.AddressOf(services, visit.ServiceAddress)).RunAsync(cancellationToken),
            "keys" => new KeyVerbs(services, command).RunAsync(cancellationToken),
            "links" => new LinkVerbs(services, command).RunAsync(cancellationToken),
            "connections" => new ConnectionVerbs(services, command).RunAsync(cancellationToken),
            _ => new NodeVerbs(services, command).RunAsync(cancellationToken),
        });
        return 0;
    }

    public static Task SayAsync(string sentence) => Console.Error.WriteLineAsync(PlainText.Of(sentence));

    /// <summary>Writes a table with aligned columns.</summary>
    public static void Write(string[] heads, IEnumerable<string[]> rows)
    {
        // People choose names and titles, which must not contain escape sequences for the terminal.
        List<string[]> lines = [heads, .. rows.Select(row => row.Select(PlainText.Of).ToArray())];
        var widths = heads.Select((_, column) => lines.Max(line => line[column].Length)).ToArray();
        foreach (var line in lines)
            Console.WriteLine(string.Join("  ", line.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }

    public static async Task<User> FindUserAsync(IPeopleLedger people, string name, CancellationToken cancellationToken) =>
        (await people.FindSecretsAsync(Access.SigningIn.SignInCheck.Folded(name), cancellationToken))?.User
        ?? throw new StartRefusedException($"There is no user called {name}; users list shows them.");

    public static async Task<Tenant> FindTenantAsync(IPeopleLedger people, string name, CancellationToken cancellationToken) =>
        await people.FindTenantAsync(name, cancellationToken) is { RemovedAt: null } tenant
            ? tenant
            : throw new StartRefusedException($"There is no tenant called {name}; cu admin tenants shows them.");
}
