using Mono.Cecil;

namespace ChunkUpload.Tests.Architecture;

/// <summary>
/// The order of the folders of each layer: the types of a folder use only types of their own folder and of those before it in the list. The
/// compiled assemblies are read, so that global usings and inferred types count, too.
/// </summary>
public sealed class FolderTests
{
    private static readonly string[] Core =
    [
        "Options", "Hashing", "Hosting", "Storage", "Model", "Access", "Limits", "Advisor", "Events", "Audit", "Uploads", "Nodes", "Work",
        "Tree", "Dav", "Hooks", "Checks", "Mail", "Intake", "Connections", "Transfers", "Sync", "Projects", "Jobs", "Fsck", "Moving",
        "Statistics", "Backups",
    ];

    private static readonly string[] Infrastructure =
    [
        "Posix", "Outbound", "Storage", "Database", "Ledger", "Audit", "Events", "Uploads", "Tree", "Dav", "Fsck", "Advisor", "Limits",
        "Statistics", "Access", "Nodes", "Work", "Checks", "Hooks", "Mail", "Jobs", "Connections", "Connectors", "Transfers", "Sync",
        "Projects", "Backups",
    ];

    private static readonly string[] Api =
    [
        // What every request has: its parts, the sockets, the numbers, the refusals, the contract.
        "Wire", "Metrics", "Hosting", "Errors", "Requests", "Swagger", "Lists",
        // Who asks, and how much.
        "Access", "Audit", "People", "Limits", "Advisor", "Statistics",
        // Files and the ways to bring them.
        "Files", "Tree", "Links", "Sessions", "Resumable", "Tus", "Dav", "Cors",
        // What goes on by itself, and what tells of it.
        "Hooks", "Connections", "Transfers", "Sync", "Jobs", "Events", "Projects", "Nodes", "Health", "Docs",
        // The command line, which starts the service.
        "Cli",
    ];


    public static TheoryData<string, string[]> Layers { get; } = new()
    {
        { "ChunkUpload.Core", Core },
        { "ChunkUpload.Infrastructure", Infrastructure },
        { "ChunkUpload.Api", Api },
    };

    [Theory]
    [MemberData(nameof(Layers))]
    public void Folders_use_those_before_them(string layer, string[] order)
    {
        using var assembly = AssemblyDefinition.ReadAssembly(Path.Combine(AppContext.BaseDirectory, $"{layer}.dll"));
        var uses = assembly.MainModule.Types.Where(type => FolderOf(type, layer) is not null)
            .SelectMany(type => Types(type).SelectMany(Used)
                .Where(used => used is not GenericParameter && used.Scope == assembly.MainModule)
                .Select(used => (Folder: FolderOf(type, layer)!, Used: FolderOf(used, layer), By: $"{type.Name} -> {used.Name}")))
            .Where(use => use.Used is not null && use.Used != use.Folder)
            .ToList();
        Assert.NotEmpty(uses);
        Assert.Empty(uses.Select(use => use.Folder).Concat(uses.Select(use => use.Used!)).Except(order));
        Assert.Empty(uses
            .Where(use => Array.IndexOf(order, use.Used) > Array.IndexOf(order, use.Folder))
            .GroupBy(use => $"{use.Folder} -> {use.Used}", use => use.By)
            .Select(pair => $"{pair.Key}: {string.Join(", ", pair.Distinct().Take(5))}"));
    }

    /// <summary>Returns the name of the folder below the layer, or null if the type lies in the layer itself or is generated.</summary>
    private static string? FolderOf(TypeReference type, string layer)
    {
        while (type.DeclaringType is { } outer)
            type = outer;
        return type.Namespace.StartsWith($"{layer}.", StringComparison.Ordinal) ? type.Namespace[(layer.Length + 1)..].Split('.')[0] : null;
    }

    private static IEnumerable<TypeDefinition> Types(TypeDefinition type) => type.NestedTypes.SelectMany(Types).Prepend(type);

    private static IEnumerable<TypeReference> Used(TypeDefinition type)
    {
        var direct = new List<TypeReference?> { type.BaseType };
        direct.AddRange(type.Interfaces.Select(one => one.InterfaceType));
        direct.AddRange(type.CustomAttributes.SelectMany(OfAttribute));
        direct.AddRange(type.Fields.Select(field => field.FieldType));
        direct.AddRange(type.Properties.SelectMany(property => property.CustomAttributes).SelectMany(OfAttribute));
        foreach (var method in type.Methods)
        {
            direct.Add(method.ReturnType);
            direct.AddRange(method.Parameters.Select(parameter => parameter.ParameterType));
            direct.AddRange(method.CustomAttributes.SelectMany(OfAttribute));
            direct.AddRange(method.GenericParameters.SelectMany(one => one.Constraints).Select(constraint => constraint.ConstraintType));
            if (method.HasBody)
                direct.AddRange(OfBody(method));
        }

        return direct.OfType<TypeReference>().SelectMany(Parts);
    }

    private static IEnumerable<TypeReference?> OfAttribute(CustomAttribute attribute) =>
        attribute.ConstructorArguments.Select(argument => argument.Value as TypeReference).Append(attribute.AttributeType);

    private static IEnumerable<TypeReference?> OfBody(MethodDefinition method)
    {
        foreach (var variable in method.Body.Variables)
            yield return variable.VariableType;
        foreach (var caught in method.Body.ExceptionHandlers)
            yield return caught.CatchType;
        foreach (var instruction in method.Body.Instructions)
        {
            switch (instruction.Operand)
            {
                case TypeReference type:
                    yield return type;
                    break;
                case MethodReference called:
                    yield return called.DeclaringType;
                    yield return called.ReturnType;
                    foreach (var argument in (called as GenericInstanceMethod)?.GenericArguments ?? [])
                        yield return argument;
                    break;
                case FieldReference field:
                    yield return field.DeclaringType;
                    yield return field.FieldType;
                    break;
            }
        }
    }

    /// <summary>Returns the type and, of an array or a generic type, the types that it is made of.</summary>
    private static IEnumerable<TypeReference> Parts(TypeReference type) => type switch
    {
        GenericInstanceType generic => generic.GenericArguments.SelectMany(Parts).Prepend(generic.ElementType),
        FunctionPointerType => [],
        TypeSpecification specification => Parts(specification.ElementType),
        _ => [type],
    };
}
