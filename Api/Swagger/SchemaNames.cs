namespace ChunkUpload.Api.Swagger;

/// <summary>Names of schemas in the contract: what a client calls a thing, not what a class is called.</summary>
internal static class SchemaNames
{
    public static string Of(Type type)
    {
        if (type.IsGenericType)
            return Of(type.GetGenericArguments()[0]) + "Page";
        var name = type.Name;
        foreach (var suffix in (string[])["View", "Body"])
        {
            if (name.EndsWith(suffix, StringComparison.Ordinal))
                return name[..^suffix.Length];
        }

        return name;
    }
}
