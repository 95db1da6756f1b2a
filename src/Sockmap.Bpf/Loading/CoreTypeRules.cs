using Sockmap.Bpf.Btf;

namespace Sockmap.Bpf.Loading;

/// <summary>When a type of an object and a type of the kernel count as the same for CO-RE.</summary>
/// <remarks>The rules are libbpf's (src/relo_core.c), since compilers and kernels are tried with those.</remarks>
internal sealed class CoreTypeRules
{
    private const int MaxDepth = 32;

    private readonly BtfSpec _local;
    private readonly BtfSpec _target;
    private readonly CoreBudget _budget;

    public CoreTypeRules(BtfSpec local, BtfSpec target, CoreBudget? budget = null)
    {
        _local = local;
        _target = target;
        _budget = budget ?? new CoreBudget(local.Name);
    }

    /// <summary>Whether both kinds are the same; enumerations of 32 and 64 bits count as one kind.</summary>
    public static bool AreKindsCompatible(BtfType local, BtfType target) => local.Kind == target.Kind || (local.IsEnum && target.IsEnum);

    /// <summary>Starts the count of steps anew; to be called once a relocation.</summary>
    public void Restart() => _budget.Restart();

    /// <summary>Counts one step of a search.</summary>
    public void Step() => _budget.Step();

    /// <summary>The loose rule: kinds agree all the way, sizes and members do not matter.</summary>
    public bool AreTypesCompatible(uint localId, uint targetId, int level = MaxDepth)
    {
        if (!AreKindsCompatible(_local.TypeById(localId), _target.TypeById(targetId)))
        {
            return false;
        }

        for (int depth = 0; depth < MaxDepth; depth++)
        {
            Step();
            BtfType local = _local.Resolve(localId);
            BtfType target = _target.Resolve(targetId);
            if (!AreKindsCompatible(local, target))
            {
                return false;
            }

            switch (local.Kind)
            {
                case BtfKind.Void or BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Enum64 or BtfKind.Forward:
                    return true;
                case BtfKind.Int:
                    return local.IntOffset == 0 && target.IntOffset == 0;
                case BtfKind.Pointer:
                    (localId, targetId) = (local.TypeId, target.TypeId);
                    break;
                case BtfKind.Array:
                    (localId, targetId) = (local.Array.ElementTypeId, target.Array.ElementTypeId);
                    break;
                case BtfKind.FunctionPrototype:
                    if (!AreParametersAlike(local, target, level, (l, t) => AreTypesCompatible(_local.Resolve(l).Id, _target.Resolve(t).Id, level - 1)))
                    {
                        return false;
                    }

                    (localId, targetId) = (local.TypeId, target.TypeId);
                    break;
                default:
                    return false;
            }
        }

        throw TooDeep();
    }

    /// <summary>The rule for a field that an access path goes through.</summary>
    public bool AreFieldsCompatible(uint localId, uint targetId)
    {
        for (int depth = 0; depth < MaxDepth; depth++)
        {
            Step();
            BtfType local = _local.Resolve(localId);
            BtfType target = _target.Resolve(targetId);
            if (local.IsComposite && target.IsComposite)
            {
                return true;
            }

            if (!AreKindsCompatible(local, target))
            {
                return false;
            }

            switch (local.Kind)
            {
                case BtfKind.Pointer or BtfKind.Float:
                    return true;
                case BtfKind.Forward or BtfKind.Enum or BtfKind.Enum64:
                    ReadOnlySpan<byte> localName = Essential(_local, local.NameOffset);
                    ReadOnlySpan<byte> targetName = Essential(_target, target.NameOffset);
                    return localName.IsEmpty || targetName.IsEmpty || localName.SequenceEqual(targetName);
                case BtfKind.Int:
                    return local.IntOffset == 0 && target.IntOffset == 0;
                case BtfKind.Array:
                    (localId, targetId) = (local.Array.ElementTypeId, target.Array.ElementTypeId);
                    break;
                default:
                    return false;
            }
        }

        throw TooDeep();
    }

    /// <summary>The strict rule: all that the object says of the type holds in the kernel too.</summary>
    public bool DoTypesMatch(uint localId, uint targetId, bool behindPointer = false, int level = MaxDepth)
    {
        if (level <= 0)
        {
            throw TooDeep();
        }

        for (int depth = 0; depth < MaxDepth; depth++)
        {
            Step();
            BtfType local = _local.Resolve(localId);
            BtfType target = _target.Resolve(targetId);
            if (!Essential(_local, local.NameOffset).SequenceEqual(Essential(_target, target.NameOffset)))
            {
                return false;
            }

            switch (local.Kind)
            {
                case BtfKind.Forward:
                    return DoesForwardMatch(local, target, behindPointer);
                case BtfKind.Enum or BtfKind.Enum64:
                    return target.IsEnum && DoEnumsMatch(local, target);
                case BtfKind.Struct or BtfKind.Union when behindPointer:
                    return local.Kind == target.Kind
                        || (target.Kind == BtfKind.Forward && (local.Kind == BtfKind.Union) == target.KindFlag);
                case BtfKind.Struct or BtfKind.Union:
                    return local.Kind == target.Kind && DoMembersMatch(local, target, level);
            }

            if (local.Kind != target.Kind)
            {
                return false;
            }

            switch (local.Kind)
            {
                case BtfKind.Void:
                    return true;
                case BtfKind.Int:
                    return local.Size == target.Size && local.IsSigned == target.IsSigned;
                case BtfKind.Pointer:
                    behindPointer = true;
                    (localId, targetId) = (local.TypeId, target.TypeId);
                    break;
                case BtfKind.Array:
                    if (local.Array.Count != target.Array.Count)
                    {
                        return false;
                    }

                    (localId, targetId) = (local.Array.ElementTypeId, target.Array.ElementTypeId);
                    break;
                case BtfKind.FunctionPrototype:
                    bool behind = behindPointer;
                    if (!AreParametersAlike(local, target, level, (l, t) => DoTypesMatch(l, t, behind, level - 1)))
                    {
                        return false;
                    }

                    (localId, targetId) = (local.TypeId, target.TypeId);
                    break;
                default:
                    return false;
            }
        }

        throw TooDeep();
    }

    private static bool DoesForwardMatch(BtfType local, BtfType target, bool behindPointer)
    {
        if (target.Kind == BtfKind.Forward)
        {
            return local.KindFlag == target.KindFlag;
        }

        return behindPointer && target.Kind == (local.KindFlag ? BtfKind.Union : BtfKind.Struct);
    }

    private static ReadOnlySpan<byte> Essential(BtfSpec btf, uint nameOffset) => BtfSpec.EssentialName(btf.StringBytesAt(nameOffset));

    private bool AreParametersAlike(BtfType local, BtfType target, int level, Func<uint, uint, bool> alike)
    {
        if (local.Count != target.Count)
        {
            return false;
        }

        for (int i = 0; i < local.Count; i++)
        {
            if (level <= 0)
            {
                throw TooDeep();
            }

            if (!alike(local.GetParameter(i).TypeId, target.GetParameter(i).TypeId))
            {
                return false;
            }
        }

        return true;
    }

    private bool DoEnumsMatch(BtfType local, BtfType target)
    {
        if (local.Size != target.Size || local.Count > target.Count)
        {
            return false;
        }

        for (int i = 0; i < local.Count; i++)
        {
            ReadOnlySpan<byte> name = Essential(_local, local.GetEnumerator(i).NameOffset);
            bool found = false;
            for (int j = 0; j < target.Count && !found; j++)
            {
                Step();
                found = Essential(_target, target.GetEnumerator(j).NameOffset).SequenceEqual(name);
            }

            if (!found)
            {
                return false;
            }
        }

        return true;
    }

    private bool DoMembersMatch(BtfType local, BtfType target, int level)
    {
        if (local.Count > target.Count)
        {
            return false;
        }

        for (int i = 0; i < local.Count; i++)
        {
            BtfMember wanted = local.GetMember(i);
            bool found = false;
            for (int j = 0; j < target.Count && !found; j++)
            {
                Step();
                BtfMember offered = target.GetMember(j);
                found = Essential(_local, wanted.NameOffset).SequenceEqual(Essential(_target, offered.NameOffset))
                    && DoTypesMatch(wanted.TypeId, offered.TypeId, false, level - 1);
            }

            if (!found)
            {
                return false;
            }
        }

        return true;
    }

    private BpfFormatException TooDeep() => new(_local.Name, $"one of its types is nested more than {MaxDepth} deep");
}
