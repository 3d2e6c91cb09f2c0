using System.CommandLine;

namespace ChunkUpload.Cli.Admin;

/// <summary>cu admin: what operators and administrators do with a running service.</summary>
internal static class AdminVerb
{
    public static Command Create() => new("admin", "Manage tenants and limits, for operators and administrators")
    {
        TenantVerbs.Create(), LimitVerbs.Create(),
    };
}
